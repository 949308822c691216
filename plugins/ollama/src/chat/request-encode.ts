import {
  type ChatRequest,
  type EncodeTarget,
  isObject,
  type JsonObject,
  type Losses,
  Modality,
  ownFields,
  stringifyExact,
  tellForeignFields,
} from "@parlance/sdk";
import type { Defaults } from "../defaults.js";
import { encodeMessages } from "./messages-encode.js";
import { encodeOptions } from "./options-encode.js";
import { encodeFormat } from "./format-encode.js";
import { encodeThink } from "./think-encode.js";
import { encodeTools } from "./tools-encode.js";
import { DIALECT } from "./wire.js";

/**
 * Writes a request for a target. What the caller says wins over the fields of the dialect that it kept, and those win
 * over `defaults`. What cannot be said is told to `target.losses`.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget, defaults: Defaults): string {
  const { losses } = target;
  tellForeignFields(request, "", DIALECT, losses);
  const { options: kept, ...fields } = ownFields(request, DIALECT);
  const options = {
    ...defaults.options,
    ...(isObject(kept) ? kept : {}),
    ...encodeOptions(request, losses),
  };
  const out: JsonObject = {
    ...(defaults.keepAlive !== undefined && { keep_alive: defaults.keepAlive }),
    ...(defaults.think !== undefined && { think: defaults.think }),
    ...fields,
    model: target.model,
    messages: encodeMessages(request.messages, losses),
    // Absent means yes.
    stream: target.stream,
  };
  const tools = encodeTools(request, losses);
  if (tools.length > 0) out.tools = tools;
  const format = encodeFormat(request.responseFormat, losses);
  if (format !== undefined) out.format = format;
  for (const _ in options) out.options = options;
  const think = encodeThink(request.reasoning, target.traits, losses);
  if (think !== undefined) out.think = think;
  writeLogprobs(request, out);
  tellUnsaid(request, losses);
  return stringifyExact(out);
}

function writeLogprobs({ logprobs, topLogprobs }: ChatRequest, out: JsonObject): void {
  if (logprobs === true || (topLogprobs ?? 0) > 0) out.logprobs = true;
  if (topLogprobs !== undefined && topLogprobs > 0) out.top_logprobs = topLogprobs;
}

/** Fields of the vocabulary that the wire does not have. */
function tellUnsaid(request: ChatRequest, losses: Losses): void {
  const unsaid: [string, boolean][] = [
    ["parallel_tool_calls", request.parallelToolCalls === false],
    ["n", (request.n ?? 1) > 1],
    ["logit_bias", Object.keys(request.logitBias).length > 0],
    ["audio_output", request.audioOutput !== undefined],
    ["service_tier", request.serviceTier !== undefined && request.serviceTier !== "auto"],
    ["end_user", request.endUser !== undefined],
    ["metadata", Object.keys(request.metadata).length > 0],
    ["verbosity", request.verbosity !== undefined],
    ["prompt_cache_key", request.promptCacheKey !== undefined],
    ["prompt_cache_retention", request.promptCacheRetention !== undefined],
    ["store", request.store === true],
  ];
  for (const [path, said] of unsaid) if (said) losses.drop(path, "The target's dialect has no such field.");
  request.outputModalities.forEach((modality, index) => {
    if (modality !== Modality.TEXT) losses.drop(`output_modalities[${index}]`, "The target makes no such output.");
  });
}
