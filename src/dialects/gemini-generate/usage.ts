import { create, isObject, type JsonObject, type JsonValue, type Usage, UsageSchema } from "../../sdk/index.js";
import { isCount, isString } from "./checks.js";
import { fieldsOf, restore, WireObject } from "./own.js";

const COUNTED = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"];
/** `Modality` by name and by number. */
const AUDIO: ReadonlySet<JsonValue | undefined> = new Set<JsonValue | undefined>(["AUDIO", 4]);

/**
 * Reads `usageMetadata`: https://ai.google.dev/api/generate-content#UsageMetadata. On the wire thoughts are beside the
 * answer and prompts of tools beside the prompt; in the vocabulary both are sums. A count that is zero is left out on
 * the wire, so that with a prompt told, what is missing is 0.
 */
export function decodeUsage(value: JsonObject): Usage {
  const wire = new WireObject(value, "usageMetadata");
  const prompt = wire.takeIf("promptTokenCount", isCount);
  const candidates = wire.takeIf("candidatesTokenCount", isCount);
  const thoughts = wire.takeIf("thoughtsTokenCount", isCount);
  const total = wire.takeIf("totalTokenCount", isCount);
  const cached = wire.takeIf("cachedContentTokenCount", isCount);
  const ofTools = wire.peek("toolUsePromptTokenCount");
  const tools = isCount(ofTools) ? ofTools : 0;
  const told = prompt ?? candidates ?? thoughts ?? total;
  for (const name of COUNTED) if (value[name] === undefined) wire.noteWithout(name);
  const inputTokens = (prompt ?? 0) + tools;
  const outputTokens = (candidates ?? 0) + (thoughts ?? 0);
  if (total !== undefined && total !== inputTokens + outputTokens) wire.noteAs("totalTokenCount", total);
  const inputAudio = audioIn(wire.peek("promptTokensDetails"));
  const outputAudio = audioIn(wire.peek("candidatesTokensDetails"));
  const extensions = wire.extensions();
  return create(UsageSchema, {
    ...(told !== undefined && { inputTokens, outputTokens }),
    ...(cached !== undefined && { cacheReadTokens: cached }),
    ...(thoughts !== undefined && { reasoningTokens: thoughts }),
    ...(inputAudio !== undefined && { inputAudioTokens: inputAudio }),
    ...(outputAudio !== undefined && { outputAudioTokens: outputAudio }),
    ...(extensions && { extensions }),
  });
}

function audioIn(details: JsonValue | undefined): number | undefined {
  if (!Array.isArray(details)) return undefined;
  const found = details.find((one) => isObject(one) && AUDIO.has(one.modality));
  return isObject(found) && isCount(found.tokenCount) ? found.tokenCount : undefined;
}

/**
 * What is known of usage after another event has told it: totals, of which the last word counts. One without the prompt
 * tells less than what came before, and adds to it.
 */
export function latestUsage(before: JsonObject | undefined, after: JsonObject): JsonObject {
  return before === undefined || after.promptTokenCount !== undefined ? after : { ...before, ...after };
}

/** The tier that `usageMetadata` tells, for the answer's own field; there it stays too. */
export function tierOf(usage: JsonValue | undefined): string | undefined {
  return isObject(usage) && isString(usage.serviceTier) ? usage.serviceTier : undefined;
}

/** Writes `usageMetadata`. Of numbers that were not told, none is made up. */
export function encodeUsage(usage: Usage): JsonObject {
  const { inputTokens, outputTokens, reasoningTokens, cacheReadTokens, inputAudioTokens, outputAudioTokens } = usage;
  const fields = fieldsOf(usage);
  const tools = isCount(fields.toolUsePromptTokenCount) ? fields.toolUsePromptTokenCount : 0;
  const out: JsonObject = {};
  if (inputTokens !== undefined) out.promptTokenCount = Math.max(0, inputTokens - tools);
  // Some providers count less output than reasoning.
  if (outputTokens !== undefined) out.candidatesTokenCount = Math.max(0, outputTokens - (reasoningTokens ?? 0));
  if (inputTokens !== undefined || outputTokens !== undefined) {
    out.totalTokenCount = (inputTokens ?? 0) + (outputTokens ?? 0);
  }
  if (reasoningTokens !== undefined) out.thoughtsTokenCount = reasoningTokens;
  if (cacheReadTokens !== undefined) out.cachedContentTokenCount = cacheReadTokens;
  if (inputAudioTokens) out.promptTokensDetails = audio(inputAudioTokens, fields.promptTokensDetails);
  if (outputAudioTokens) out.candidatesTokensDetails = audio(outputAudioTokens, fields.candidatesTokensDetails);
  return restore(out, usage);
}

function audio(tokenCount: number, kept: JsonValue | undefined): JsonValue {
  return kept ?? [{ modality: "AUDIO", tokenCount }];
}
