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

/** The member `logprobs` of a choice; undefined when it is of another shape. */
export function decodeLogprobs(value: JsonValue): Logprobs | undefined {
  if (!isObject(value)) return undefined;
  const content = readTokens(value.content);
  const refusal = readTokens(value.refusal);
  return content === undefined || refusal === undefined ? undefined : create(LogprobsSchema, { content, refusal });
}

function readTokens(list: JsonValue | undefined): TokenLogprob[] | undefined {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return undefined;
  const tokens = list.map(readToken);
  return tokens.every((token) => token !== undefined) ? tokens : undefined;
}

function readToken(value: JsonValue): TokenLogprob | undefined {
  if (!isObject(value) || typeof value.token !== "string" || typeof value.logprob !== "number") return undefined;
  const topLogprobs = readTokens(value.top_logprobs);
  if (topLogprobs === undefined) return undefined;
  const { bytes } = value;
  return create(TokenLogprobSchema, {
    token: value.token,
    logprob: value.logprob,
    topLogprobs,
    ...(Array.isArray(bytes) && { bytes: Uint8Array.from(bytes as number[]) }),
  });
}

/** The member `logprobs` of a choice. */
export function encodeLogprobs(logprobs: Logprobs): JsonObject {
  return {
    content: logprobs.content.length > 0 ? logprobs.content.map((token) => writeToken(token, true)) : null,
    refusal: logprobs.refusal.length > 0 ? logprobs.refusal.map((token) => writeToken(token, true)) : null,
  };
}

function writeToken(token: TokenLogprob, outer: boolean): JsonObject {
  const out: JsonObject = {
    token: token.token,
    logprob: token.logprob,
    bytes: token.bytes === undefined ? null : Array.from(token.bytes),
  };
  if (outer) out.top_logprobs = token.topLogprobs.map((top) => writeToken(top, false));
  return out;
}
