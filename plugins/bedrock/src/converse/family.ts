/** What a maker's models take beyond the common fields of the wire, as far as it is not the same for all. */
export interface Family {
  /** How the wish to reason is said. Absent means that the models cannot be told. */
  readonly reasoning?: "thinking" | "reasoning_config" | "reasoning_effort";
  /** Path of `top_k` in `additionalModelRequestFields`. Absent means that there is none. */
  readonly topK?: readonly string[];
  /** What `toolChoice` can say; `auto` is no constraint. */
  readonly choices: readonly ("any" | "tool")[];
  /** Lives of cached prompts, in seconds; absent means that the models have no prompt cache. */
  readonly cacheLives?: readonly number[];
  /** Whether stop sequences of white space alone are refused. */
  readonly stopsNeedText?: boolean;
  /** How ids of tool calls must look: `[a-zA-Z0-9_-]{1,64}`, exactly nine letters or digits, or as the model made them. */
  readonly toolIds: "usual" | "nine" | "own";
}

const ALL = ["any", "tool"] as const;

/**
 * By the first word of a model's id. Sources, all under https://docs.aws.amazon.com:
 * - reasoning: bedrock/latest/userguide/claude-messages-extended-thinking.html,
 *   nova/latest/nova2-userguide/extended-thinking.html; `reasoning_effort` of OpenAI's as recorded.
 * - top_k: the pages bedrock/latest/userguide/model-parameters-*.html; Nova's inferenceConfig.topK as recorded.
 * - tool choice: bedrock/latest/APIReference/API_runtime_ToolChoice.html (any: Claude, Nova, Mistral; tool: Claude,
 *   Nova).
 * - prompt cache: bedrock/latest/userguide/prompt-caching.html (Claude 5 minutes and an hour, Nova 5 minutes).
 */
const FAMILIES: Readonly<Record<string, Family>> = {
  anthropic: {
    reasoning: "thinking",
    topK: ["top_k"],
    choices: ALL,
    cacheLives: [300, 3600],
    stopsNeedText: true,
    toolIds: "usual",
  },
  amazon: {
    reasoning: "reasoning_config",
    topK: ["inferenceConfig", "topK"],
    choices: ALL,
    cacheLives: [300],
    toolIds: "usual",
  },
  openai: { reasoning: "reasoning_effort", choices: ALL, toolIds: "usual" },
  mistral: { topK: ["top_k"], choices: ["any"], toolIds: "nine" },
  cohere: { topK: ["k"], choices: [], toolIds: "usual" },
  meta: { choices: [], toolIds: "usual" },
  ai21: { choices: [], toolIds: "usual" },
  // Its ids name the call's tool and number, and the model reads them.
  moonshot: { choices: ALL, toolIds: "own" },
  moonshotai: { choices: ALL, toolIds: "own" },
};

const UNKNOWN: Family = { choices: ALL, toolIds: "usual" };

/** Name of the maker in a model's id: `us.anthropic.claude-...`, `amazon.nova-...`, an ARN that ends in one. */
export function makerOf(model: string): string | undefined {
  const id = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return id.split(".").find((word) => Object.hasOwn(FAMILIES, word));
}

/** The family of a model, by its id. Of a model that tells no maker nothing special is known. */
export function familyOf(model: string): Family {
  const maker = makerOf(model);
  return maker === undefined ? UNKNOWN : (FAMILIES[maker] as Family);
}
