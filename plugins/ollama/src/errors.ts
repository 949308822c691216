import {
  errorFromEvent,
  errorFromStatus,
  isObject,
  type JsonObject,
  type JsonValue,
  type ParlanceError,
  type ProviderWords,
  type ReadonlyHeaders,
} from "@parlance/sdk";
import { DIALECT } from "./chat/wire.js";

/** Makes a refusal into an error of the table: https://docs.ollama.com/api/errors */
export function decodeError(status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  return errorFromStatus(status, headers, wordsOf(toldBy(body)), { dialect: DIALECT, body });
}

/** The error that a line of a stream, or a body with status 200, tells in its member `error`. */
export function errorOfLine(body: JsonObject): ParlanceError {
  const status = body.status_code ?? body.status;
  return errorFromEvent(wordsOf(body.error), typeof status === "number" ? status : undefined);
}

function toldBy(body: Buffer): JsonValue | undefined {
  try {
    const parsed = JSON.parse(body.toString("utf8")) as JsonValue;
    return isObject(parsed) ? parsed.error : undefined;
  } catch {
    // Not JSON: a proxy's page, of which the caller need not know.
    return undefined;
  }
}

// `model 'llama3.2' not found`, and older `model "llama3.2" not found, try pulling it first`.
const UNKNOWN_MODEL = /^model ["'].*["'] not found/;

/** The error is a text; servers before it that speak another wire tell an object. */
function wordsOf(error: JsonValue | undefined): ProviderWords {
  const message = isObject(error) ? error.message : error;
  if (typeof message !== "string") return {};
  return { message, ...(UNKNOWN_MODEL.test(message) && { code: "model_not_found" }) };
}
