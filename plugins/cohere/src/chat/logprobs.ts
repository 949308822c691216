import {
  create,
  isObject,
  type JsonValue,
  type Logprobs,
  LogprobsSchema,
  type TokenLogprob,
  TokenLogprobSchema,
} from "@parlance/sdk";

/**
 * Log probabilities of pieces of an answer, each of one token or several: https://docs.cohere.com/reference/chat. Of
 * several the wire tells one text, which stands at the first. Undefined when no token is told.
 */
export function decodeLogprobs(value: JsonValue | undefined): Logprobs | undefined {
  const list = Array.isArray(value) ? value : isObject(value) ? [value] : [];
  const content = list.flatMap(tokensOf);
  return content.length === 0 ? undefined : create(LogprobsSchema, { content });
}

function tokensOf(value: JsonValue): TokenLogprob[] {
  const { text, logprobs } = isObject(value) ? value : {};
  if (!Array.isArray(logprobs)) return [];
  return logprobs.map((logprob, index) =>
    create(TokenLogprobSchema, {
      token: index === 0 && typeof text === "string" ? text : "",
      logprob: typeof logprob === "number" ? logprob : 0,
    }),
  );
}
