import {
  errorFromEvent,
  errorFromStatus,
  isObject,
  type JsonValue,
  type ParlanceError,
  type ProviderWords,
  type ReadonlyHeaders,
} from "@parlance/sdk";
import { DIALECT } from "./chat/wire.js";

/** A token that the server does not take: https://docs.cohere.com/reference/errors */
const INVALID_TOKEN = 498;

/** Makes a refusal into an error of the table: `{"id", "message"}`, and of some errors a word for their kind. */
export function decodeError(status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  const known = status === INVALID_TOKEN ? 401 : status;
  const error = errorFromStatus(known, headers, wordsOf(parsed(body)), { dialect: DIALECT, body });
  return known === status ? error : error.with({ providerStatus: status });
}

/** The error that an event of a stream tells, or its last one in `error`. */
export function errorOfEvent(told: JsonValue | undefined): ParlanceError {
  return errorFromEvent(wordsOf(told));
}

function parsed(body: Buffer): JsonValue | undefined {
  try {
    return JSON.parse(body.toString("utf8")) as JsonValue;
  } catch {
    // Not JSON: a proxy's page, of which the caller need not know.
    return undefined;
  }
}

// `model 'embed-v9.0' not found, make sure the correct model ID was used ...`
const UNKNOWN_MODEL = /^model ["'].*["'] (?:not found|was removed)/;

function wordsOf(told: JsonValue | undefined): ProviderWords {
  if (typeof told === "string") return { message: told };
  if (!isObject(told)) return {};
  const { message, error_type: kind } = told;
  const unknown = typeof message === "string" && UNKNOWN_MODEL.test(message);
  return {
    ...(typeof message === "string" && { message }),
    ...(typeof kind === "string" ? { code: kind } : unknown && { code: "model_not_found" }),
  };
}
