import { create, isObject, type JsonObject, type JsonValue, type Usage, UsageSchema } from "../../sdk/index.js";

/**
 * The member `usage` of OpenAI's answers, under either pair of names: responses, pictures and transcriptions
 * (https://platform.openai.com/docs/api-reference/responses/object), and completions. Undefined when it counts seconds.
 */
export function readUsage(usage: JsonObject): Usage | undefined {
  const input = count(usage.input_tokens) ?? count(usage.prompt_tokens);
  const output = count(usage.output_tokens) ?? count(usage.completion_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cached = within(usage.input_tokens_details ?? usage.prompt_tokens_details, "cached_tokens");
  const reasoning = within(usage.output_tokens_details ?? usage.completion_tokens_details, "reasoning_tokens");
  return create(UsageSchema, {
    ...(input !== undefined && { inputTokens: input }),
    ...(output !== undefined && { outputTokens: output }),
    ...(cached !== undefined && { cacheReadTokens: cached }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  });
}

function within(details: JsonValue | undefined, name: string): number | undefined {
  return isObject(details) ? count(details[name]) : undefined;
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : undefined;
}
