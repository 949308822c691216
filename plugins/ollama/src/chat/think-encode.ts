import { type JsonValue, type Losses, type ModelTraits, type Reasoning, ReasoningEffort } from "@parlance/sdk";

const { NONE, UNSPECIFIED, MINIMAL, LOW, MEDIUM, HIGH, XHIGH, MAX } = ReasoningEffort;

const WORDS: Readonly<Partial<Record<ReasoningEffort, string>>> = {
  [MINIMAL]: "minimal",
  [LOW]: "low",
  [MEDIUM]: "medium",
  [HIGH]: "high",
  [XHIGH]: "xhigh",
  [MAX]: "max",
};

/** The word that is nearest to an effort which has none of its own. */
const NEAREST: Readonly<Partial<Record<ReasoningEffort, string>>> = {
  [MINIMAL]: "low",
  [XHIGH]: "high",
  [MAX]: "high",
};

/**
 * `think`: on, off, or for models that know steps one of their words (https://docs.ollama.com/capabilities/thinking).
 * Undefined leaves it to the model.
 */
export function encodeThink(
  reasoning: Reasoning | undefined,
  traits: ModelTraits,
  losses: Losses,
): JsonValue | undefined {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens, adaptive, visible } = reasoning;
  if (budgetTokens !== undefined) losses.drop("reasoning.budget_tokens", "The target's models take no budget.");
  const think = effort === UNSPECIFIED ? asksFor(reasoning) : encodeEffort(effort, traits, losses);
  if (adaptive === true && think !== true) losses.drop("reasoning.adaptive", "The target takes an effort alone.");
  if (visible === false && think !== false) losses.drop("reasoning.visible", "The target always shows its reasoning.");
  if (visible === true && think === false) losses.drop("reasoning.visible", "There is no reasoning to be shown.");
  return think;
}

function asksFor({ budgetTokens, adaptive, visible }: Reasoning): true | undefined {
  return budgetTokens !== undefined || adaptive === true || visible === true ? true : undefined;
}

function encodeEffort(effort: ReasoningEffort, { efforts }: ModelTraits, losses: Losses): JsonValue {
  if (effort === NONE) return false;
  if (efforts === undefined) {
    losses.approximate("reasoning.effort", "The target's model thinks or does not: it is asked to.");
    return true;
  }
  const word = WORDS[effort] ?? "";
  const known = efforts.includes(word) ? word : (NEAREST[effort] ?? "high");
  if (known !== word) {
    losses.approximate("reasoning.effort", `The target's model knows ${efforts.join(", ")}: ${known} is asked for.`);
  }
  return known;
}
