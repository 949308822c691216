import { create, isObject, type JsonObject, type JsonValue, type Usage, UsageSchema } from "@parlance/sdk";
import { DIALECT, isCount } from "./wire.js";

/**
 * `usage` of an answer: https://docs.cohere.com/reference/chat#response.body.usage. `tokens` are what the model read and
 * wrote, prompt of the provider's own included; `billed_units` are fewer, and stay as they are. Pictures are counted
 * beside the words of the prompt.
 */
export function decodeUsage(value: JsonValue | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const { tokens, cached_tokens: cached, ...fields } = value;
  const usage = create(UsageSchema);
  const told = isObject(tokens) ? { ...tokens } : {};
  const billed = isObject(value.billed_units) ? value.billed_units : {};
  const input = take(told, "input_tokens") ?? countOf(billed.input_tokens);
  if (input !== undefined) usage.inputTokens = input + (countOf(told.image_tokens) ?? 0);
  const output = take(told, "output_tokens") ?? countOf(billed.output_tokens);
  if (output !== undefined) usage.outputTokens = output;
  const reasoning = take(told, "reasoning_tokens");
  if (reasoning !== undefined) usage.reasoningTokens = reasoning;
  if (isCount(cached)) usage.cacheReadTokens = cached;
  for (const _ in told) fields.tokens = told;
  for (const _ in fields) usage.extensions = { [DIALECT]: fields };
  return usage;
}

function countOf(value: JsonValue | undefined): number | undefined {
  return isCount(value) ? value : undefined;
}

function take(object: JsonObject, name: string): number | undefined {
  const count = countOf(object[name]);
  if (count !== undefined) delete object[name];
  return count;
}
