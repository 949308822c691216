import { type ChatRequest, type JsonObject, type JsonValue, type Losses, RawJson } from "@parlance/sdk";
import { MAX_STOP_SEQUENCES } from "./wire.js";

/** Ranges of https://docs.cohere.com/reference/chat */
const RANGES = {
  top_p: { field: "p", least: 0.01, most: 0.99 },
  top_k: { field: "k", least: 0, most: 500 },
  frequency_penalty: { field: "frequency_penalty", least: 0, most: 1 },
  presence_penalty: { field: "presence_penalty", least: 0, most: 1 },
} as const;

/** Writes how the answer is sampled and where it ends. A number out of the wire's range becomes the nearest within. */
export function writeSampling(request: ChatRequest, out: JsonObject, losses: Losses): void {
  if (request.maxOutputTokens !== undefined) out.max_tokens = request.maxOutputTokens;
  if (request.temperature !== undefined) out.temperature = request.temperature;
  const within = (path: keyof typeof RANGES, value: number | undefined): void => {
    if (value === undefined) return;
    const { field, least, most } = RANGES[path];
    const near = Math.min(Math.max(value, least), most);
    if (near !== value) losses.approximate(path, `The target takes ${least} to ${most}: ${near} is sent.`);
    out[field] = near;
  };
  within("top_p", request.topP);
  within("top_k", request.topK);
  within("frequency_penalty", request.frequencyPenalty);
  within("presence_penalty", request.presencePenalty);
  if (request.seed !== undefined) out.seed = seedOf(request.seed, losses);
  const stop = request.stop.slice(0, MAX_STOP_SEQUENCES);
  for (let at = stop.length; at < request.stop.length; at += 1) {
    losses.drop(`stop[${at}]`, `The target takes ${MAX_STOP_SEQUENCES} stop sequences.`);
  }
  if (stop.length > 0) out.stop_sequences = stop;
}

/** The wire has 64 bits without a sign for it. */
function seedOf(seed: bigint, losses: Losses): JsonValue {
  const near = BigInt.asUintN(64, seed);
  if (near !== seed) losses.approximate("seed", `The target takes seeds from 0: ${near} is sent.`);
  return new RawJson(near.toString()) as unknown as JsonValue;
}
