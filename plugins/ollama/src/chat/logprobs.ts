import {
  create,
  isObject,
  type JsonValue,
  type Logprobs,
  LogprobsSchema,
  type TokenLogprob,
  TokenLogprobSchema,
} from "@parlance/sdk";

/** `logprobs` of a line: https://docs.ollama.com/api/chat. Undefined when it tells no token. */
export function decodeLogprobs(list: JsonValue | undefined): Logprobs | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return create(LogprobsSchema, { content: list.map(tokenOf) });
}

function tokenOf(value: JsonValue): TokenLogprob {
  const { token, logprob, bytes, top_logprobs: top } = isObject(value) ? value : {};
  return create(TokenLogprobSchema, {
    token: typeof token === "string" ? token : "",
    logprob: typeof logprob === "number" ? logprob : 0,
    ...(Array.isArray(bytes) && { bytes: Uint8Array.from(bytes as number[]) }),
    topLogprobs: Array.isArray(top) ? top.map(tokenOf) : [],
  });
}
