import {
  create,
  type Finish,
  FinishReason,
  FinishSchema,
  isObject,
  type JsonObject,
  type JsonValue,
} from "../../sdk/index.js";
import { isString } from "../openai-chat/checks.js";

/** `incomplete_details.reason`: the dialect's own words first, then those of servers that speak it with an accent. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: FinishReason.LENGTH,
  content_filter: FinishReason.CONTENT_FILTER,
  max_tokens: FinishReason.LENGTH,
  length: FinishReason.LENGTH,
};

/** States of an answer that is not there yet, or will never be. */
const STATES: Readonly<Record<string, FinishReason>> = {
  cancelled: FinishReason.ERROR,
  failed: FinishReason.ERROR,
  queued: FinishReason.UNSPECIFIED,
  in_progress: FinishReason.UNSPECIFIED,
};

/** How an answer ended, from its `status` and `incomplete_details`. `calls`: whether it waits for results of calls. */
export function decodeFinish(status: JsonValue | undefined, details: JsonValue | undefined, calls: boolean): Finish {
  const done = calls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
  if (status === "incomplete") {
    const word = isObject(details) && isString(details.reason) ? details.reason : undefined;
    // Cut off for a reason of its own: the conversation can be sent back to go on.
    return create(FinishSchema, { reason: REASONS[word ?? ""] ?? FinishReason.PAUSE, raw: word ?? "incomplete" });
  }
  if (!isString(status) || status === "completed") return create(FinishSchema, { reason: done, raw: "completed" });
  return create(FinishSchema, { reason: STATES[status] ?? FinishReason.UNSPECIFIED, raw: status });
}

/** The members that say how an answer ended. */
export interface Ending {
  readonly status: string;
  readonly incomplete_details: JsonObject | null;
}

/** `status` and `incomplete_details`. Clients know two reasons; any other would break them. */
export function encodeFinish(finish: Finish | undefined): Ending {
  const { reason = FinishReason.UNSPECIFIED, raw = "" } = finish ?? {};
  switch (reason) {
    case FinishReason.LENGTH:
      return incomplete("max_output_tokens");
    case FinishReason.CONTENT_FILTER:
      return incomplete("content_filter");
    case FinishReason.PAUSE:
      return { status: "incomplete", incomplete_details: null };
    case FinishReason.ERROR:
      return { status: raw === "cancelled" ? "cancelled" : "failed", incomplete_details: null };
    default:
      return { status: STATES[raw] === reason ? raw : "completed", incomplete_details: null };
  }
}

function incomplete(reason: string): Ending {
  return { status: "incomplete", incomplete_details: { reason } };
}

const OWN_WORDS: ReadonlySet<string> = new Set([
  "completed",
  "incomplete",
  "max_output_tokens",
  "content_filter",
  ...Object.keys(STATES),
]);

/** What the ending cannot say: the provider's own word where it is another, and the stop sequence. */
export function nativeFinish(finish: Finish | undefined): JsonObject {
  const out: JsonObject = {};
  if (finish !== undefined && finish.raw !== "" && !OWN_WORDS.has(finish.raw)) out.native_finish_reason = finish.raw;
  if (finish?.stopSequence !== undefined) out.stop_sequence = finish.stopSequence;
  return out;
}
