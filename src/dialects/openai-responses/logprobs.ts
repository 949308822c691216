import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type TokenLogprob,
  TokenLogprobSchema,
} from "../../sdk/index.js";

/** The member `logprobs` of a text; undefined when it is of another shape. */
export function decodeTokens(list: JsonValue | undefined): TokenLogprob[] | undefined {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return undefined;
  const tokens = list.map(readToken);
  return tokens.every((token) => token !== undefined) ? tokens : undefined;
}

function readToken(value: JsonValue): TokenLogprob | undefined {
  if (!isObject(value) || typeof value.token !== "string" || typeof value.logprob !== "number") return undefined;
  const topLogprobs = decodeTokens(value.top_logprobs);
  if (topLogprobs === undefined) return undefined;
  const { bytes } = value;
  return create(TokenLogprobSchema, {
    token: value.token,
    logprob: value.logprob,
    topLogprobs,
    ...(Array.isArray(bytes) && { bytes: Uint8Array.from(bytes as number[]) }),
  });
}

/** The member `logprobs` of a text. */
export function encodeTokens(tokens: readonly TokenLogprob[]): JsonObject[] {
  return tokens.map((token) => ({
    ...writeToken(token),
    top_logprobs: token.topLogprobs.map(writeToken),
  }));
}

function writeToken({ token, logprob, bytes }: TokenLogprob): JsonObject {
  return { token, logprob, bytes: bytes === undefined ? [] : Array.from(bytes) };
}
