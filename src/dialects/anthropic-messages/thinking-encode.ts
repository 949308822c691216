import {
  type ChatRequest,
  invalid,
  type JsonObject,
  type Losses,
  type ModelTraits,
  type Reasoning,
  ReasoningEffort,
} from "../../sdk/index.js";
import { formOf } from "./own.js";
import { forcesCall } from "./tool-choice.js";
import { EFFORTS, MIN_THINKING_BUDGET } from "./wire.js";

/** How much to think, on the wire. */
export interface Thinking {
  readonly thinking?: JsonObject;
  /** Word for `output_config.effort`. */
  readonly effort?: string;
}

const UNSPECIFIED = ReasoningEffort.UNSPECIFIED;

const MEDIUM_BUDGET = 8192;
/** Budgets for the steps of effort, in tokens, for models that know budgets only. */
const BUDGETS: Readonly<Partial<Record<ReasoningEffort, number>>> = {
  [ReasoningEffort.MINIMAL]: 1024,
  [ReasoningEffort.LOW]: 2048,
  [ReasoningEffort.MEDIUM]: MEDIUM_BUDGET,
  [ReasoningEffort.HIGH]: 16_384,
  [ReasoningEffort.XHIGH]: 24_576,
  [ReasoningEffort.MAX]: 32_768,
};

/**
 * The wish to reason on the wire, by what the model takes: effort with adaptive thinking, or a budget of at least 1,024
 * tokens and fewer than `maxTokens`. Throws `invalid_request` for thinking together with a forced tool call, which the
 * wire refuses and of which neither may be dropped in silence.
 */
export function encodeThinking(request: ChatRequest, traits: ModelTraits, maxTokens: number, losses: Losses): Thinking {
  const { reasoning } = request;
  if (reasoning === undefined) return {};
  const own = formOf(request);
  const found = thinkingOf(reasoning, own.own === true, own.effort === "alone", traits, maxTokens, losses);
  const type = found.thinking?.type;
  if ((type === "enabled" || type === "adaptive") && own.own !== true && forcesCall(request.toolChoice)) {
    throw invalid(
      "reasoning",
      "reasoning and a tool_choice that forces a tool call exclude each other at the target: leave out one of them.",
    );
  }
  return found;
}

function thinkingOf(
  reasoning: Reasoning,
  own: boolean,
  effortAlone: boolean,
  traits: ModelTraits,
  maxTokens: number,
  losses: Losses,
): Thinking {
  const { effort, budgetTokens, adaptive, visible } = reasoning;
  const asks = budgetTokens !== undefined || adaptive === true || effort !== UNSPECIFIED;
  if (traits.reasoning === "none") {
    if (asks && effort !== ReasoningEffort.NONE) losses.drop("reasoning", "The target's model does not reason.");
    return {};
  }
  if (effort === ReasoningEffort.NONE) return { thinking: { type: "disabled" } };
  const word = effortWord(effort, losses);
  if (effortAlone && word !== undefined && traits.reasoning !== "budget") return { effort: word };
  if (!asks) {
    if (visible !== undefined)
      losses.drop("reasoning.visible", "The target shows reasoning only where some is asked for.");
    return {};
  }
  const display = visible === undefined ? {} : { display: visible ? "summarized" : "omitted" };
  const efforts = word === undefined ? {} : { effort: word };
  if (traits.reasoning === "budget") {
    const budget = budgetOf(reasoning, own, maxTokens, losses);
    return budget === undefined ? {} : { thinking: { type: "enabled", budget_tokens: budget, ...display } };
  }
  if (budgetTokens !== undefined && traits.reasoning !== "adaptive") {
    const budget = fit(budgetTokens, own, maxTokens, losses);
    return budget === undefined ? {} : { thinking: { type: "enabled", budget_tokens: budget, ...display }, ...efforts };
  }
  const thinking = { type: "adaptive", ...display };
  if (budgetTokens === undefined) return { thinking, ...efforts };
  losses.approximate("reasoning.budget_tokens", "The target's model takes an effort, not a budget.");
  return { thinking, effort: word ?? (budgetTokens <= 4096 ? "low" : budgetTokens <= 16_384 ? "medium" : "high") };
}

function effortWord(effort: ReasoningEffort, losses: Losses): string | undefined {
  if (effort === UNSPECIFIED) return undefined;
  for (const [word, value] of EFFORTS) if (value === effort) return word;
  losses.approximate("reasoning.effort", "The least effort that the target knows is low.");
  return "low";
}

function budgetOf(reasoning: Reasoning, own: boolean, maxTokens: number, losses: Losses): number | undefined {
  if (reasoning.budgetTokens !== undefined) return fit(reasoning.budgetTokens, own, maxTokens, losses);
  const wanted = BUDGETS[reasoning.effort] ?? MEDIUM_BUDGET;
  // The answer needs room beside the reasoning.
  const budget = Math.min(wanted, Math.max(MIN_THINKING_BUDGET, Math.floor(maxTokens / 2)));
  if (budget >= maxTokens) return noRoom(losses);
  const what = reasoning.effort === UNSPECIFIED ? "reasoning.adaptive" : "reasoning.effort";
  losses.approximate(what, `The target's model takes a budget, not an effort: ${budget} tokens.`);
  return budget;
}

function fit(wanted: number, own: boolean, maxTokens: number, losses: Losses): number | undefined {
  if (own) return wanted;
  const budget = Math.min(Math.max(wanted, MIN_THINKING_BUDGET), maxTokens - 1);
  if (budget < MIN_THINKING_BUDGET) return noRoom(losses);
  if (budget !== wanted) {
    losses.approximate(
      "reasoning.budget_tokens",
      `The target takes from ${MIN_THINKING_BUDGET} to fewer than max_output_tokens: ${budget} are asked for.`,
    );
  }
  return budget;
}

function noRoom(losses: Losses): undefined {
  losses.drop(
    "reasoning",
    `max_output_tokens leaves no room for the ${MIN_THINKING_BUDGET} tokens that reasoning takes at least.`,
  );
  return undefined;
}
