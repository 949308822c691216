import { type ChatRequest, type JsonObject, type JsonValue, type Losses, RawJson } from "@parlance/sdk";

/** `options`: https://docs.ollama.com/modelfile#valid-parameters-and-values, and the penalties of its `api.Options`. */
export function encodeOptions(request: ChatRequest, losses: Losses): JsonObject {
  const { maxOutputTokens, temperature, topP, topK, frequencyPenalty, presencePenalty, stop, seed } = request;
  const out: JsonObject = {};
  if (maxOutputTokens !== undefined) out.num_predict = maxOutputTokens;
  if (temperature !== undefined) out.temperature = temperature;
  if (topP !== undefined) out.top_p = topP;
  if (topK !== undefined) out.top_k = topK;
  if (frequencyPenalty !== undefined) out.frequency_penalty = frequencyPenalty;
  if (presencePenalty !== undefined) out.presence_penalty = presencePenalty;
  if (stop.length > 0) out.stop = [...stop];
  if (seed !== undefined) out.seed = seedOf(seed, losses);
  return out;
}

/** The server reads numbers of options as doubles. */
function seedOf(seed: bigint, losses: Losses): JsonValue {
  const near = BigInt.asIntN(53, seed);
  if (near !== seed) losses.approximate("seed", `The target takes seeds of 53 bits: ${near} is sent.`);
  return new RawJson(near.toString()) as unknown as JsonValue;
}
