import {
  type ChatRequest,
  create,
  isObject,
  type JsonObject,
  type Losses,
  type ModelTraits,
  type Reasoning,
  ReasoningEffort,
  ReasoningSchema,
} from "../../sdk/index.js";
import { asCount, isBoolean, isString } from "./checks.js";
import { formOf, type WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";

/** Words of `thinkingLevel`: https://ai.google.dev/gemini-api/docs/thinking */
const LEVELS: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["minimal", ReasoningEffort.MINIMAL],
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
]);

/** Budgets for the steps of effort, as Google's own servers of another wire have them: https://ai.google.dev/gemini-api/docs/openai#thinking */
const BUDGETS: Readonly<Partial<Record<ReasoningEffort, number>>> = {
  [ReasoningEffort.MINIMAL]: 1024,
  [ReasoningEffort.LOW]: 1024,
  [ReasoningEffort.MEDIUM]: 8192,
  [ReasoningEffort.HIGH]: 24_576,
  [ReasoningEffort.XHIGH]: 24_576,
  [ReasoningEffort.MAX]: 24_576,
};

/** Budget by which the model decides itself. */
const DYNAMIC = -1;
/** Least budget of models that always think. */
const LEAST_BUDGET = 128;

/** Takes `generationConfig.thinkingConfig`. A level that the vocabulary does not know stays a field of the dialect. */
export function takeThinking(config: WireObject, request: WireObject, init: RequestInit): void {
  if (!isObject(config.peek("thinkingConfig"))) return;
  const wire = config.group("thinkingConfig") as WireObject;
  const reasoning = create(ReasoningSchema);
  const visible = wire.takeIf("includeThoughts", isBoolean);
  if (visible !== undefined) reasoning.visible = visible;
  const budget = wire.take("thinkingBudget");
  if (budget === DYNAMIC) reasoning.adaptive = true;
  else if (budget === 0) reasoning.effort = ReasoningEffort.NONE;
  else if (budget !== undefined) reasoning.budgetTokens = asCount(budget, wire.at("thinkingBudget"));
  const level = wire.peek("thinkingLevel");
  const effort = isString(level) ? LEVELS.get(level.toLowerCase()) : undefined;
  if (effort !== undefined && budget !== 0) {
    reasoning.effort = effort;
    wire.take("thinkingLevel");
    request.note("level", level as string);
  }
  request.note("thinking", true);
  init.reasoning = reasoning;
}

/** `thinkingConfig`, by what the model takes; undefined when nothing is asked for. */
export function encodeThinking(request: ChatRequest, traits: ModelTraits, losses: Losses): JsonObject | undefined {
  const { reasoning } = request;
  if (reasoning === undefined) return undefined;
  const form = formOf(request);
  const out: JsonObject = {};
  if (reasoning.visible !== undefined) out.includeThoughts = reasoning.visible;
  if (form.thinking === true) return ownThinking(reasoning, form, out);
  if (traits.reasoning === "none") {
    if (asks(reasoning)) losses.drop("reasoning", "The target's model does not reason.");
    return undefined;
  }
  if (traits.reasoning === "budget") writeBudget(reasoning, out, traits, losses);
  else writeLevel(reasoning, out, traits, losses);
  for (const _ in out) return out;
  return undefined;
}

function asks({ effort, budgetTokens, adaptive }: Reasoning): boolean {
  if (effort === ReasoningEffort.NONE) return false;
  return effort !== ReasoningEffort.UNSPECIFIED || budgetTokens !== undefined || adaptive === true;
}

function ownThinking(reasoning: Reasoning, form: JsonObject, out: JsonObject): JsonObject {
  if (reasoning.adaptive === true) out.thinkingBudget = DYNAMIC;
  else if (reasoning.effort === ReasoningEffort.NONE) out.thinkingBudget = 0;
  else if (reasoning.budgetTokens !== undefined) out.thinkingBudget = reasoning.budgetTokens;
  const word = wordOf(reasoning.effort);
  const told = isString(form.level) && form.level.toLowerCase() === word ? form.level : word;
  if (told !== undefined) out.thinkingLevel = told;
  return out;
}

function wordOf(effort: ReasoningEffort): string | undefined {
  for (const [word, value] of LEVELS) if (value === effort) return word;
  return undefined;
}

function writeBudget(
  { effort, budgetTokens, adaptive }: Reasoning,
  out: JsonObject,
  traits: ModelTraits,
  losses: Losses,
): void {
  if (effort === ReasoningEffort.NONE) {
    out.thinkingBudget = 0;
    if (traits.efforts !== undefined && !traits.efforts.includes("none")) {
      out.thinkingBudget = LEAST_BUDGET;
      losses.approximate(
        "reasoning.effort",
        `The target's model always reasons: ${LEAST_BUDGET} tokens are asked for.`,
      );
    }
  } else if (budgetTokens !== undefined) out.thinkingBudget = budgetTokens;
  else if (BUDGETS[effort] !== undefined) {
    out.thinkingBudget = BUDGETS[effort];
    losses.approximate(
      "reasoning.effort",
      `The target's model takes a budget, not an effort: ${out.thinkingBudget} tokens.`,
    );
  } else if (adaptive === true) out.thinkingBudget = DYNAMIC;
}

function writeLevel(
  { effort, budgetTokens, adaptive }: Reasoning,
  out: JsonObject,
  traits: ModelTraits,
  losses: Losses,
): void {
  if (effort === ReasoningEffort.UNSPECIFIED) {
    // Still taken by the models that know levels, but never beside one.
    if (budgetTokens !== undefined) out.thinkingBudget = budgetTokens;
    else if (adaptive === true) out.thinkingBudget = DYNAMIC;
    return;
  }
  if (budgetTokens !== undefined) {
    losses.drop("reasoning.budget_tokens", "The target takes an effort or a budget, not both: the effort is sent.");
  }
  const known = (traits.efforts ?? [...LEVELS.keys()]).filter((word) => LEVELS.has(word));
  const word = nearestLevel(effort, known);
  if (word === undefined) return;
  out.thinkingLevel = word;
  if (word !== wordOf(effort)) {
    losses.approximate("reasoning.effort", `The target's model knows ${known.join(", ")}: ${word} is asked for.`);
  }
}

/** The least level that is enough, or else the highest. */
function nearestLevel(effort: ReasoningEffort, known: readonly string[]): string | undefined {
  return known.find((word) => (LEVELS.get(word) as ReasoningEffort) >= effort) ?? known[known.length - 1];
}
