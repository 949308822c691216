import type { Chunk, Part } from "../../sdk/index.js";

/** Whether a chunk holds some of the answer itself: what commits a stream. Starts of empty parts do not. */
export function isContent(chunk: Chunk): boolean {
  const { event } = chunk;
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return event.value.text !== "";
    case "reasoningDelta":
      return event.value.text !== "" || event.value.signature !== undefined;
    case "toolCallDelta":
    case "audioDelta":
    case "citationAdd":
      return true;
    case "partStart":
      return event.value.content !== undefined && isFilled(event.value.content);
    default:
      return false;
  }
}

/** How much of an answer a chunk brings: the length of its text or its sound, 0 for what only structures it. */
export function lengthOf({ event }: Chunk): number {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
    case "reasoningDelta":
      return event.value.text.length;
    case "toolCallDelta":
      return event.value.arguments.length;
    case "audioDelta":
      return event.value.data.length;
    default:
      return 0;
  }
}

/** Whether a part holds some of an answer. */
export function isFilled(part: Part): boolean {
  const { kind } = part;
  if (kind.case === "text" || kind.case === "refusal") return kind.value.text !== "";
  if (kind.case === "reasoning") return kind.value.text !== "" || kind.value.encryptedContent !== undefined;
  // A tool call's name is an answer; pictures, sound and opaque parts come whole.
  return kind.case !== undefined;
}
