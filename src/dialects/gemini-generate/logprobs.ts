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

/** `logprobsResult` of a candidate: https://ai.google.dev/api/generate-content#LogprobsResult. Undefined when it tells no token. */
export function decodeLogprobs(result: JsonValue | undefined): Logprobs | undefined {
  if (!isObject(result) || !Array.isArray(result.chosenCandidates)) return undefined;
  const tops = Array.isArray(result.topCandidates) ? result.topCandidates : [];
  const content = result.chosenCandidates.map((chosen, index) => {
    const top = tops[index];
    const likely = isObject(top) && Array.isArray(top.candidates) ? top.candidates : [];
    return create(TokenLogprobSchema, { ...tokenOf(chosen), topLogprobs: likely.map(tokenOf) });
  });
  return content.length === 0 ? undefined : create(LogprobsSchema, { content });
}

function tokenOf(value: JsonValue): { token: string; logprob: number } {
  const { token, logProbability } = isObject(value) ? value : {};
  return {
    token: typeof token === "string" ? token : "",
    // Certainty is 0, which the wire leaves out.
    logprob: typeof logProbability === "number" ? logProbability : 0,
  };
}

/** Log probabilities as `logprobsResult`. */
export function encodeLogprobs({ content }: Logprobs): JsonObject {
  const out: JsonObject = { chosenCandidates: content.map(write) };
  if (content.some(({ topLogprobs }) => topLogprobs.length > 0)) {
    out.topCandidates = content.map(({ topLogprobs }) => ({ candidates: topLogprobs.map(write) }));
  }
  return out;
}

function write({ token, logprob }: TokenLogprob): JsonObject {
  return { token, logProbability: logprob };
}

/** Adds the tokens of one event to those before. */
export function joinLogprobs(before: JsonValue | undefined, after: JsonObject): JsonObject {
  if (!isObject(before)) return after;
  const out: JsonObject = { ...before, ...after };
  for (const name of ["chosenCandidates", "topCandidates"]) {
    const first = before[name];
    const second = after[name];
    if (Array.isArray(first) && Array.isArray(second)) out[name] = [...first, ...second];
  }
  return out;
}
