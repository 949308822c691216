import {
  type ChatRequest,
  type JsonObject,
  type JsonValue,
  type Losses,
  Modality,
  type ModelTraits,
} from "../../sdk/index.js";
import { asBoolean, asInteger, asNumber, asString, MAX_INT32 } from "../openai-chat/checks.js";
import { formOf, type WireObject } from "./own.js";

/** A field that is one value on both sides. */
interface PlainField {
  readonly wire: string;
  readonly field: keyof ChatRequest & string;
  readonly read: (value: JsonValue, path: string) => string | number | boolean;
  /** Whether models with fixed sampling refuse it. */
  readonly sampling?: true;
  /** Not a field of the dialect's owner: it goes out only where it came in. */
  readonly foreign?: true;
}

const numberIn = (min: number, max: number) => (value: JsonValue, path: string) => asNumber(value, path, min, max);
const integerIn = (min: number, max: number) => (value: JsonValue, path: string) => asInteger(value, path, min, max);

/** Source: https://platform.openai.com/docs/api-reference/responses/create */
const PLAIN: readonly PlainField[] = [
  { wire: "max_output_tokens", field: "maxOutputTokens", read: integerIn(0, MAX_INT32) },
  { wire: "temperature", field: "temperature", read: numberIn(0, 2), sampling: true },
  { wire: "top_p", field: "topP", read: numberIn(0, 1), sampling: true },
  { wire: "top_k", field: "topK", read: integerIn(-1, MAX_INT32), foreign: true },
  { wire: "frequency_penalty", field: "frequencyPenalty", read: numberIn(-2, 2), foreign: true },
  { wire: "presence_penalty", field: "presencePenalty", read: numberIn(-2, 2), foreign: true },
  { wire: "top_logprobs", field: "topLogprobs", read: integerIn(0, 20), sampling: true },
  { wire: "parallel_tool_calls", field: "parallelToolCalls", read: asBoolean },
  { wire: "service_tier", field: "serviceTier", read: asString },
  { wire: "prompt_cache_key", field: "promptCacheKey", read: asString },
  { wire: "prompt_cache_retention", field: "promptCacheRetention", read: asString },
  { wire: "store", field: "store", read: asBoolean },
];

/** Takes the plain fields of a request. */
export function takePlainFields(wire: WireObject): Record<string, string | number | boolean> {
  const init: Record<string, string | number | boolean> = {};
  for (const { wire: name, field, read, foreign } of PLAIN) {
    const value = wire.take(name);
    if (value === undefined) continue;
    init[field] = read(value, name);
    if (foreign) wire.note(name, true);
  }
  return init;
}

/** Writes the plain fields that the target takes, and tells the others. */
export function writePlainFields(request: ChatRequest, out: JsonObject, traits: ModelTraits, losses: Losses): void {
  const form = formOf(request);
  for (const { wire, field, sampling, foreign } of PLAIN) {
    const value = request[field] as string | number | boolean | undefined;
    if (value === undefined) continue;
    if (foreign && form[wire] !== true) losses.drop(wire, "The target's dialect has no such field.");
    else if (sampling && traits.sampling === "fixed")
      losses.drop(wire, "The target's model samples in its own way only.");
    else if (field === "topP" && traits.sampling === "one_of_temperature_top_p" && request.temperature !== undefined) {
      losses.drop(wire, "The target's model takes temperature or top_p, not both.");
    } else out[wire] = value;
  }
}

/** Tells the fields that no request of this dialect has. */
export function tellUnsayable(request: ChatRequest, losses: Losses): void {
  const drop = (path: string, there: boolean): void => {
    if (there) losses.drop(path, "The target's dialect has no such field.");
  };
  drop("stop", request.stop.length > 0);
  drop("seed", request.seed !== undefined);
  drop("n", request.n !== undefined && request.n !== 1);
  drop("logit_bias", Object.keys(request.logitBias).length > 0);
  drop(
    "output_modalities",
    request.outputModalities.some((modality) => modality !== Modality.TEXT),
  );
  drop("audio_output", request.audioOutput !== undefined);
}
