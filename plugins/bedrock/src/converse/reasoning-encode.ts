import {
  type ChatRequest,
  invalid,
  type JsonObject,
  type Losses,
  type ModelTraits,
  type Reasoning,
  ReasoningEffort,
  ToolChoiceMode,
} from "@parlance/sdk";
import type { Family } from "./family.js";
import { EFFORT_WORDS, MIN_THINKING_BUDGET } from "./wire.js";

/** How much to reason, on the wire. */
export interface WireReasoning {
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
  /** Word for `outputConfig.effort`. */
  readonly effort?: string;
  /** What the model does not take while it reasons so. */
  readonly excludes: ReadonlySet<"temperature" | "top_p" | "top_k" | "max_output_tokens">;
}

const { UNSPECIFIED, NONE } = ReasoningEffort;
const NOTHING: WireReasoning = { fields: {}, excludes: new Set() };

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
 * The wish to reason, in the word of the model's family: the wire has none of its own for all
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-reasoning.html).
 */
export function encodeReasoning(
  request: ChatRequest,
  traits: ModelTraits,
  family: Family,
  losses: Losses,
): WireReasoning {
  const { reasoning } = request;
  if (reasoning === undefined) return NOTHING;
  const asks = reasoning.budgetTokens !== undefined || reasoning.adaptive === true || reasoning.effort !== UNSPECIFIED;
  if (traits.reasoning === "none" || family.reasoning === undefined) {
    if (asks && (reasoning.effort !== NONE || traits.reasoning !== "none")) {
      losses.drop("reasoning", "The target's model cannot be told how much to reason.");
    }
    return NOTHING;
  }
  if (!asks) {
    if (reasoning.visible !== undefined)
      losses.drop("reasoning.visible", "The target shows reasoning only where some is asked for.");
    return NOTHING;
  }
  switch (family.reasoning) {
    case "thinking":
      return encodeThinking(request, reasoning, traits, losses);
    case "reasoning_config":
      return encodeReasoningConfig(reasoning, losses);
    default:
      return encodeEffort(reasoning, losses);
  }
}

/** Claude's: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
function encodeThinking(
  request: ChatRequest,
  reasoning: Reasoning,
  traits: ModelTraits,
  losses: Losses,
): WireReasoning {
  if (reasoning.effort === NONE) return { ...NOTHING, fields: { thinking: { type: "disabled" } } };
  const found = thinkingOf(reasoning, traits, request.maxOutputTokens, losses);
  if (found.fields.thinking === undefined) return found;
  const mode = request.toolChoice?.mode;
  if (mode === ToolChoiceMode.REQUIRED || mode === ToolChoiceMode.TOOL) {
    throw invalid(
      "reasoning",
      "reasoning and a tool_choice that forces a tool call exclude each other at the target: leave out one of them.",
    );
  }
  return { ...found, excludes: new Set(["temperature", "top_k"] as const) };
}

function thinkingOf(
  reasoning: Reasoning,
  traits: ModelTraits,
  maxTokens: number | undefined,
  losses: Losses,
): WireReasoning {
  const { budgetTokens, visible } = reasoning;
  const display = visible === undefined ? {} : { display: visible ? "summarized" : "omitted" };
  const budgeted = traits.reasoning === "budget" || (budgetTokens !== undefined && traits.reasoning !== "adaptive");
  if (budgeted) {
    if (visible === false) losses.drop("reasoning.visible", "The target's model shows what it reasons.");
    const budget = budgetOf(reasoning, maxTokens, losses);
    return budget === undefined
      ? NOTHING
      : { ...NOTHING, fields: { thinking: { type: "enabled", budget_tokens: budget } } };
  }
  const thinking = { type: "adaptive", ...display };
  const word = effortWord(reasoning.effort, losses);
  if (budgetTokens === undefined)
    return { ...NOTHING, fields: { thinking }, ...(word !== undefined && { effort: word }) };
  losses.approximate("reasoning.budget_tokens", "The target's model takes an effort, not a budget.");
  return { ...NOTHING, fields: { thinking }, effort: word ?? wordOfBudget(budgetTokens) };
}

function budgetOf(reasoning: Reasoning, maxTokens: number | undefined, losses: Losses): number | undefined {
  const limit = maxTokens ?? Number.POSITIVE_INFINITY;
  const { budgetTokens: asked } = reasoning;
  const wanted = asked ?? BUDGETS[reasoning.effort] ?? MEDIUM_BUDGET;
  // The answer needs room beside the reasoning; one who asks for a budget has reckoned with it.
  const most = asked === undefined ? Math.max(MIN_THINKING_BUDGET, Math.floor(limit / 2)) : limit - 1;
  const budget = Math.min(Math.max(wanted, MIN_THINKING_BUDGET), most);
  if (budget < MIN_THINKING_BUDGET || budget >= limit) {
    losses.drop(
      "reasoning",
      `max_output_tokens leaves no room for the ${MIN_THINKING_BUDGET} tokens that reasoning takes at least.`,
    );
    return undefined;
  }
  if (asked === undefined) {
    const what = reasoning.effort === UNSPECIFIED ? "reasoning.adaptive" : "reasoning.effort";
    losses.approximate(what, `The target's model takes a budget, not an effort: ${budget} tokens.`);
  } else if (budget !== asked) {
    losses.approximate(
      "reasoning.budget_tokens",
      `The target takes from ${MIN_THINKING_BUDGET} to fewer than max_output_tokens: ${budget} are asked for.`,
    );
  }
  return budget;
}

/** Nova's: https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function encodeReasoningConfig(reasoning: Reasoning, losses: Losses): WireReasoning {
  if (reasoning.effort === NONE) return { ...NOTHING, fields: { reasoningConfig: { type: "disabled" } } };
  const word = threeSteps(reasoning, losses);
  tellVisible(reasoning, losses);
  const fields = { reasoningConfig: { type: "enabled", maxReasoningEffort: word } };
  // The most effort sets these by itself, and refuses others' settings of them.
  const excludes = word === "high" ? (["temperature", "top_p", "max_output_tokens"] as const) : [];
  return { fields, excludes: new Set(excludes) };
}

/** OpenAI's open models take one word and always reason. */
function encodeEffort(reasoning: Reasoning, losses: Losses): WireReasoning {
  if (reasoning.effort === NONE)
    losses.approximate("reasoning.effort", "The least effort that the target knows is low.");
  const word = reasoning.effort === NONE ? "low" : threeSteps(reasoning, losses);
  tellVisible(reasoning, losses);
  return { ...NOTHING, fields: { reasoning_effort: word } };
}

function tellVisible({ visible }: Reasoning, losses: Losses): void {
  if (visible !== undefined)
    losses.drop("reasoning.visible", "The target's model shows as much of its reasoning as it does.");
}

function threeSteps({ effort, budgetTokens }: Reasoning, losses: Losses): string {
  if (budgetTokens !== undefined)
    losses.approximate("reasoning.budget_tokens", "The target's model takes an effort, not a budget.");
  const word = effortWord(effort, losses);
  if (word === undefined) return budgetTokens === undefined ? "medium" : wordOfBudget(budgetTokens);
  if (word !== "xhigh" && word !== "max") return word;
  losses.approximate("reasoning.effort", "The most effort that the target knows is high.");
  return "high";
}

function wordOfBudget(tokens: number): string {
  return tokens <= 4096 ? "low" : tokens <= 16_384 ? "medium" : "high";
}

function effortWord(effort: ReasoningEffort, losses: Losses): string | undefined {
  if (effort === UNSPECIFIED) return undefined;
  for (const [word, value] of EFFORT_WORDS) if (value === effort) return word;
  losses.approximate("reasoning.effort", "The least effort that the target knows is low.");
  return "low";
}
