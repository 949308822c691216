import {
  errorFromEvent,
  errorFromStatus,
  isObject,
  type JsonObject,
  type ParlanceError,
  type ReadonlyHeaders,
} from "../../sdk/index.js";
import { readWords, wordsOf } from "./read-words.js";

/** Makes a provider's refusal into an error of the table, its message, field and code kept. */
export function decodeError(dialect: string, status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  return errorFromStatus(status, headers, readWords(body.toString("utf8")), { dialect, body });
}

/** The error that a body or an event tells although the answer began with 200. */
export function errorFromBody(body: JsonObject): ParlanceError {
  const error = isObject(body.error) ? body.error : body;
  const status = [error.status_code, error.code, error.status].find((value) => typeof value === "number");
  return errorFromEvent(wordsOf(body), status);
}
