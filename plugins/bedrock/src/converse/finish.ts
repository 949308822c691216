import {
  create,
  type Finish,
  FinishReason,
  FinishSchema,
  isObject,
  type JsonValue,
  ParlanceError,
} from "@parlance/sdk";
import { FINISHES } from "./wire.js";

/** What an answer tells of its end. */
export interface WireEnd {
  readonly stopReason: JsonValue | undefined;
  /** `additionalModelResponseFields`, which hold the stop sequence of an answer that was asked for it. */
  readonly more: JsonValue | undefined;
  /** Whether the answer came through the hidden tool, so that what stopped it was its end. */
  readonly answered: boolean;
}

/**
 * `stopReason` as a finish; a word that is not known keeps itself in `raw`. Throws `provider_error` for the words by
 * which the provider says that the model's output is broken.
 */
export function decodeFinish({ stopReason, more, answered }: WireEnd): Finish {
  const raw = typeof stopReason === "string" ? stopReason : "";
  if (raw.startsWith("malformed_")) {
    throw new ParlanceError("provider_error", `The model's answer is malformed, as the provider tells: ${raw}.`, {
      providerType: raw,
    });
  }
  const reason = FINISHES.get(raw) ?? FinishReason.UNSPECIFIED;
  const sequence = stopSequenceOf(more);
  return create(FinishSchema, {
    reason: answered && reason === FinishReason.TOOL_CALLS ? FinishReason.STOP : reason,
    raw,
    ...(sequence !== undefined && { stopSequence: sequence }),
  });
}

/** What is left of `additionalModelResponseFields` once the stop sequence is told; undefined when nothing is. */
export function furtherFields(more: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(more)) return undefined;
  const { stop_sequence: _, delta, ...rest } = more;
  const { stop_sequence: __, ...others } = isObject(delta) ? delta : {};
  const left = { ...rest, ...(Object.keys(others).length > 0 && { delta: others }) };
  return Object.keys(left).length > 0 ? left : undefined;
}

/** In a stream it lies in `delta`, as the paths that it is asked for by. */
function stopSequenceOf(more: JsonValue | undefined): string | undefined {
  if (!isObject(more)) return undefined;
  for (const place of [more, more.delta]) {
    if (isObject(place) && typeof place.stop_sequence === "string") return place.stop_sequence;
  }
  return undefined;
}
