import { ParlanceError } from "./errors.js";

/** Refuses an answer whose media type does not hold `holds`; one that tells none passes. `wanted` is told in the error. */
export function refuseContentType(contentType: string, holds: string, wanted: string): void {
  if (contentType !== "" && !contentType.toLowerCase().includes(holds)) throw wrongContentType(contentType, wanted);
}

/** A refusal of an answer whose media type is not what was asked for. */
export function wrongContentType(contentType: string, wanted: string): ParlanceError {
  return new ParlanceError(
    "wrong_content_type",
    `The provider answered with ${contentType === "" ? "no content type" : `content type "${contentType}"`} instead of ${wanted}.`,
  );
}

/** What reading an answer threw, as an error of the table: an event that is too large throws a RangeError. */
export function unreadable(thrown: unknown): ParlanceError {
  return thrown instanceof RangeError
    ? new ParlanceError("malformed_answer", `The provider's stream cannot be read: ${thrown.message}.`)
    : ParlanceError.from(thrown);
}
