import {
  type ChatRequest,
  type EncodeTarget,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  ParlanceError,
  stringifyExact,
} from "../../sdk/index.js";
import { encodeConversation } from "./contents-encode.js";
import { encodeGeneration } from "./generation-encode.js";
import { formatInWords, withWords } from "./format-in-words.js";
import { formOf, restore, tellForeign } from "./own.js";
import { choiceMember, encodeToolChoice } from "./tool-choice.js";
import { encodeTools } from "./tools.js";

/**
 * Writes a request for a target. Neither the model nor whether a stream is asked for need be in it: both are in the path.
 * What cannot be said is told to `target.losses`.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): string {
  return stringifyExact(encodeBody(request, target));
}

/** Writes the request whose tokens are to be counted: https://ai.google.dev/api/tokens */
export function encodeCountRequest(request: ChatRequest, target: EncodeTarget): string {
  return stringifyExact({
    generateContentRequest: { ...encodeBody(request, target), model: resourceName(target.model) },
  });
}

function resourceName(model: string): string {
  return model.includes("/") ? model : `models/${model}`;
}

function encodeBody(request: ChatRequest, { model, traits, losses }: EncodeTarget): JsonObject {
  const own = formOf(request).own === true;
  tellForeign(request, "", losses);
  const words = own ? undefined : formatInWords(request, traits, losses);
  const { system, contents } = encodeConversation(request, own, traits, losses);
  const out: JsonObject = { contents };
  const { model: named } = formOf(request);
  if (named !== undefined) out.model = named === "models/" ? resourceName(model) : model;
  if (words !== undefined) out.systemInstruction = withWords(system, words);
  else if (system !== undefined) out.systemInstruction = system;
  const tools = encodeTools(request.tools, own, traits, losses);
  if (tools.length > 0) out.tools = tools;
  const choice = encodeToolChoice(request.toolChoice, request.tools, own, losses);
  if (choice !== undefined) out.toolConfig = { [choiceMember(request.toolChoice)]: choice };
  const { responseFormat: _, ...formless } = request;
  const config = encodeGeneration(words === undefined ? request : formless, own, traits, losses);
  if (config !== undefined) out.generationConfig = config;
  writeTier(request.serviceTier, out, own, losses);
  tellUnsaid(request, losses);
  return restore(out, request);
}

/** https://ai.google.dev/api/generate-content#ServiceTier */
const TIERS: Readonly<Record<string, string>> = {
  default: "standard",
  standard: "standard",
  standard_only: "standard",
  flex: "flex",
  priority: "priority",
};

function writeTier(tier: string | undefined, out: JsonObject, own: boolean, losses: Losses): void {
  if (tier === undefined || (tier === "auto" && !own)) return;
  const word: JsonValue | undefined = own ? tier : TIERS[tier];
  if (word !== undefined) out.serviceTier = word;
  else losses.drop("service_tier", `The target has no tier ${tier}.`);
}

/** Fields of the vocabulary that the wire does not have. */
function tellUnsaid(request: ChatRequest, losses: Losses): void {
  const unsaid: [string, boolean][] = [
    ["parallel_tool_calls", request.parallelToolCalls === false],
    ["logit_bias", Object.keys(request.logitBias).length > 0],
    ["end_user", request.endUser !== undefined],
    ["metadata", Object.keys(request.metadata).length > 0],
    ["verbosity", request.verbosity !== undefined],
    ["prompt_cache_key", request.promptCacheKey !== undefined],
    ["prompt_cache_retention", request.promptCacheRetention !== undefined],
    ["store", request.store === true],
  ];
  for (const [path, said] of unsaid) if (said) losses.drop(path, "The target's dialect has no such field.");
}

/** The count of a provider's answer to a request to count tokens. */
export function decodeCountResponse(text: string): number {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Told below, as any other answer without a count.
  }
  const { totalTokens: tokens, error } = isObject(answer) ? answer : { totalTokens: undefined, error: answer };
  // The wire leaves zero out.
  if (isObject(answer) && tokens === undefined && error === undefined) return 0;
  if (typeof tokens === "number" && Number.isInteger(tokens) && tokens >= 0) return tokens;
  throw new ParlanceError("malformed_answer", "The provider's count of tokens has no totalTokens.");
}
