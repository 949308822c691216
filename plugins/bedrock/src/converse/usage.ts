import { create, isObject, type JsonObject, type JsonValue, type Usage, UsageSchema } from "@parlance/sdk";
import { keep } from "./own.js";
import { REPEATED_USAGE } from "./wire.js";

const MAX_INT32 = 2_147_483_647;

/**
 * Reads `usage`. On the wire `inputTokens`, `cacheReadInputTokens` and `cacheWriteInputTokens` are disjoint parts; in the
 * vocabulary the input is their sum.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 */
export function decodeUsage(value: JsonObject): Usage {
  const fresh = count(value.inputTokens);
  const outputTokens = count(value.outputTokens);
  const cacheReadTokens = count(value.cacheReadInputTokens);
  const cacheWriteTokens = count(value.cacheWriteInputTokens);
  const inputTokens = fresh === undefined ? undefined : fresh + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  const extensions = keep(
    Object.fromEntries(Object.entries(value).filter(([name, member]) => tellsMore(name, member))),
  );
  return create(UsageSchema, {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cacheReadTokens !== undefined && { cacheReadTokens }),
    ...(cacheWriteTokens !== undefined && { cacheWriteTokens }),
    ...(extensions && { extensions }),
  });
}

const COUNTS: ReadonlySet<string> = new Set([
  "inputTokens",
  "outputTokens",
  "cacheReadInputTokens",
  "cacheWriteInputTokens",
]);

function tellsMore(name: string, value: JsonValue | undefined): boolean {
  if (COUNTS.has(name) || REPEATED_USAGE.has(name)) return false;
  return !(isObject(value) && Object.keys(value).length === 0) && !(Array.isArray(value) && value.length === 0);
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32 ? value : undefined;
}
