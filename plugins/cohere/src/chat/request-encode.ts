import {
  type ChatRequest,
  type EncodeTarget,
  type JsonObject,
  type Losses,
  Modality,
  ownFields,
  stringifyExact,
  tellForeignFields,
} from "@parlance/sdk";
import type { Defaults } from "../defaults.js";
import { encodeMessages } from "./messages-encode.js";
import { writeResponseFormat } from "./response-format.js";
import { writeSampling } from "./sampling-encode.js";
import { encodeThinking } from "./thinking-encode.js";
import { writeTools } from "./tools-encode.js";
import { DIALECT } from "./wire.js";

/**
 * Writes a request for a target. What the caller says wins over the fields of the dialect that it kept (`documents`,
 * `citation_options`, `safety_mode`, `priority` ...), and those win over `defaults`. What cannot be said is told to
 * `target.losses`.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget, defaults: Defaults): string {
  const { losses, traits } = target;
  tellForeignFields(request, "", DIALECT, losses);
  const kept = ownFields(request, DIALECT);
  const { messages, documents } = encodeMessages(request.messages, traits, losses);
  const out: JsonObject = { ...kept, model: target.model, messages, stream: target.stream };
  if (documents.length > 0) out.documents = [...(Array.isArray(kept.documents) ? kept.documents : []), ...documents];
  writeTools(request, out, losses);
  writeResponseFormat(request, out, messages, traits, losses);
  writeSampling(request, out, losses);
  const thinking = encodeThinking(request.reasoning, traits, losses);
  if (thinking !== undefined) out.thinking = thinking;
  if (request.logprobs === true || (request.topLogprobs ?? 0) > 0) out.logprobs = true;
  writeDefaults(out, defaults);
  tellUnsaid(request, losses);
  return stringifyExact(out);
}

/** https://docs.cohere.com/docs/safety-modes: a mode cannot be set beside tools and documents. */
function writeDefaults(out: JsonObject, { safetyMode, citationMode }: Defaults): void {
  const grounded = out.tools !== undefined || out.documents !== undefined;
  if (safetyMode !== undefined && !grounded) out.safety_mode ??= safetyMode;
  if (citationMode !== undefined && grounded) out.citation_options ??= { mode: citationMode };
}

/** Fields of the vocabulary that the wire does not have. */
function tellUnsaid(request: ChatRequest, losses: Losses): void {
  const unsaid: [string, boolean][] = [
    ["parallel_tool_calls", request.parallelToolCalls === false],
    ["n", (request.n ?? 1) > 1],
    ["top_logprobs", (request.topLogprobs ?? 0) > 0],
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
