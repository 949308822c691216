import { type JsonObject, type Losses, type ModelTraits, type Reasoning, ReasoningEffort } from "@parlance/sdk";

/** Budgets for the steps of effort; more than these is left to the model. https://docs.cohere.com/docs/reasoning */
const BUDGETS: Readonly<Partial<Record<ReasoningEffort, number>>> = {
  [ReasoningEffort.MINIMAL]: 1024,
  [ReasoningEffort.LOW]: 1024,
  [ReasoningEffort.MEDIUM]: 8192,
};

/** `thinking`: on, off, and most tokens of it. Undefined leaves it to the model. */
export function encodeThinking(
  reasoning: Reasoning | undefined,
  traits: ModelTraits,
  losses: Losses,
): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens, adaptive, visible } = reasoning;
  const asked = effort !== ReasoningEffort.UNSPECIFIED || budgetTokens !== undefined || adaptive === true;
  if (traits.reasoning === "none") {
    const wanted = visible === true || (asked && effort !== ReasoningEffort.NONE);
    if (wanted) losses.drop("reasoning", "The target's model does not reason.");
    return undefined;
  }
  if (effort === ReasoningEffort.NONE) return { type: "disabled" };
  if (visible === false) losses.drop("reasoning.visible", "The target always shows its reasoning.");
  if (!asked) return visible === true ? { type: "enabled" } : undefined;
  if (effort !== ReasoningEffort.UNSPECIFIED) {
    losses.approximate("reasoning.effort", "The target takes a budget of tokens, not an effort.");
  }
  const budget = budgetTokens ?? BUDGETS[effort];
  return { type: "enabled", ...(budget !== undefined && { token_budget: budget }) };
}
