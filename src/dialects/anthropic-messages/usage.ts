import { create, isObject, type JsonObject, type JsonValue, type Usage, UsageSchema } from "../../sdk/index.js";
import { isCount } from "./checks.js";
import { restore, WireObject } from "./own.js";

/**
 * Reads `usage`. On the wire `input_tokens`, `cache_creation_input_tokens` and `cache_read_input_tokens` are disjoint
 * parts; in the vocabulary the input is their sum. Reasoning is part of the output on both sides. The tier is not read
 * here: it is a fact of the answer.
 * https://platform.claude.com/docs/en/api/messages#response-usage
 */
export function decodeUsage(value: JsonObject): Usage {
  const wire = new WireObject(value, "usage");
  wire.take("service_tier");
  const fresh = wire.takeIf("input_tokens", isCount);
  const cacheReadTokens = wire.takeIf("cache_read_input_tokens", isCount);
  const cacheWriteTokens = wire.takeIf("cache_creation_input_tokens", isCount);
  const outputTokens = wire.takeIf("output_tokens", isCount);
  for (const name of ["input_tokens", "output_tokens"]) if (value[name] === undefined) wire.noteWithout(name);
  const reasoningTokens = takeReasoningTokens(wire);
  const inputTokens = fresh === undefined ? undefined : fresh + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  const extensions = wire.extensions();
  return create(UsageSchema, {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cacheReadTokens !== undefined && { cacheReadTokens }),
    ...(cacheWriteTokens !== undefined && { cacheWriteTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(extensions && { extensions }),
  });
}

function takeReasoningTokens(wire: WireObject): number | undefined {
  const details = wire.peek("output_tokens_details");
  if (!isObject(details) || !isCount(details.thinking_tokens)) return undefined;
  const { thinking_tokens: tokens, ...others } = details;
  wire.take("output_tokens_details");
  if (Object.keys(others).length > 0) wire.keep("output_tokens_details", others);
  return tokens;
}

/** The tier that `usage` tells, for the answer's own field. */
export function tierOf(usage: JsonValue | undefined): string | undefined {
  return isObject(usage) && typeof usage.service_tier === "string" ? usage.service_tier : undefined;
}

/** Writes `usage`. Clients read `input_tokens` and `output_tokens` without asking: both are there, 0 when not told. */
export function encodeUsage(usage: Usage | undefined, tier?: string): JsonObject {
  const out: JsonObject = { input_tokens: freshInput(usage), output_tokens: usage?.outputTokens ?? 0 };
  if (usage?.cacheWriteTokens !== undefined) out.cache_creation_input_tokens = usage.cacheWriteTokens;
  if (usage?.cacheReadTokens !== undefined) out.cache_read_input_tokens = usage.cacheReadTokens;
  if (usage?.reasoningTokens !== undefined) out.output_tokens_details = { thinking_tokens: usage.reasoningTokens };
  // The wire's word for the usual tier.
  if (tier !== undefined) out.service_tier = tier === "default" ? "standard" : tier;
  return usage === undefined ? out : restore(out, usage);
}

function freshInput(usage: Usage | undefined): number {
  return Math.max(0, (usage?.inputTokens ?? 0) - (usage?.cacheReadTokens ?? 0) - (usage?.cacheWriteTokens ?? 0));
}
