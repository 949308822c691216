import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Logprobs,
  LogprobsSchema,
  type TokenLogprob,
  TokenLogprobSchema,
} from "../../sdk/index.js";

/**
 * The member `logprobs` of a choice, three lists side by side; undefined when it is of another shape. Source:
 * https://platform.openai.com/docs/api-reference/completions/object
 */
export function decodeLogprobs(value: JsonValue | undefined): Logprobs | undefined {
  if (!isObject(value)) return undefined;
  const { tokens, token_logprobs, top_logprobs } = value;
  if (!Array.isArray(tokens) || !Array.isArray(token_logprobs)) return undefined;
  const content = tokens.map((token, index): TokenLogprob | undefined => {
    const logprob = token_logprobs[index];
    if (typeof token !== "string" || typeof logprob !== "number") return undefined;
    const top = Array.isArray(top_logprobs) ? top_logprobs[index] : undefined;
    return create(TokenLogprobSchema, { token, logprob, topLogprobs: isObject(top) ? readTop(top) : [] });
  });
  return content.every((token) => token !== undefined) ? create(LogprobsSchema, { content }) : undefined;
}

function readTop(top: JsonObject): TokenLogprob[] {
  return Object.entries(top)
    .flatMap(([token, logprob]) => (typeof logprob === "number" ? create(TokenLogprobSchema, { token, logprob }) : []))
    .sort((a, b) => b.logprob - a.logprob);
}

/** The member `logprobs` of a choice whose tokens begin at `offset` of its text, in characters. */
export function encodeLogprobs({ content }: Logprobs, offset: number): JsonObject {
  let at = offset;
  const offsets = content.map(({ token }) => {
    const start = at;
    at += [...token].length;
    return start;
  });
  return {
    text_offset: offsets,
    token_logprobs: content.map(({ logprob }) => logprob),
    tokens: content.map(({ token }) => token),
    top_logprobs: content.some(({ topLogprobs }) => topLogprobs.length > 0)
      ? content.map(({ topLogprobs }) => Object.fromEntries(topLogprobs.map(({ token, logprob }) => [token, logprob])))
      : null,
  };
}
