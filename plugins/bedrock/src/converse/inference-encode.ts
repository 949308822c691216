import type { ChatRequest, JsonObject, Losses, ModelTraits } from "@parlance/sdk";
import type { Family } from "./family.js";
import type { WireReasoning } from "./reasoning-encode.js";

/** How the model generates: `inferenceConfig`, and what of it is a field of the model's own. */
export interface Inference {
  readonly config: JsonObject;
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
export function encodeInference(
  request: ChatRequest,
  traits: ModelTraits,
  family: Family,
  { excludes }: WireReasoning,
  losses: Losses,
): Inference {
  const { temperature, topP, topK, maxOutputTokens } = request;
  const config: JsonObject = {};
  const fixed = traits.sampling === "fixed";
  /** Whether a field can be said; if not, it is told. */
  const says = (name: "temperature" | "top_p" | "top_k" | "max_output_tokens", isDefault = false): boolean => {
    const sampling = name !== "max_output_tokens";
    if (fixed && sampling && !isDefault) losses.drop(name, "The target's model samples in its own way only.");
    else if (excludes.has(name) && !isDefault)
      losses.drop(name, "The target's model takes it not while it reasons so.");
    else return true;
    return false;
  };
  if (maxOutputTokens !== undefined && says("max_output_tokens")) config.maxTokens = maxOutputTokens;
  if (temperature !== undefined && says("temperature", temperature === 1)) {
    config.temperature = Math.min(temperature, 1);
    if (temperature > 1) losses.approximate("temperature", "The target takes temperatures up to 1: 1 is sent.");
  }
  if (topP !== undefined && says("top_p", topP >= 0.99)) {
    if (traits.sampling === "one_of_temperature_top_p" && config.temperature !== undefined) {
      losses.drop("top_p", "The target's model takes temperature or top_p, not both.");
    } else config.topP = topP;
  }
  const stop = stopSequences(request, family, losses);
  if (stop.length > 0) config.stopSequences = stop;
  return { config, fields: topK !== undefined && says("top_k") ? topKFields(topK, family, losses) : {} };
}

function stopSequences(request: ChatRequest, { stopsNeedText }: Family, losses: Losses): string[] {
  return request.stop.filter((sequence, index) => {
    const said = stopsNeedText === true ? sequence.trim() !== "" : sequence !== "";
    if (!said) losses.drop(`stop[${index}]`, "The target takes no stop sequence of white space alone.");
    return said;
  });
}

function topKFields(topK: number, family: Family, losses: Losses): JsonObject {
  if (family.topK === undefined) {
    losses.drop("top_k", "The target's model has no such field.");
    return {};
  }
  return family.topK.reduceRight<JsonObject | number>((inner, name) => ({ [name]: inner }), topK) as JsonObject;
}
