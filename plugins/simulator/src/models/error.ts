import { ERRORS, type ErrorCode, ParlanceError } from "@parlance/sdk";
import type { SimulatedModel } from "../behaviour.js";

/** What a provider's HTTP status comes to. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_request",
  401: "provider_unauthenticated",
  403: "provider_unauthenticated",
  404: "model_not_found",
  408: "provider_timeout",
  413: "request_too_large",
  422: "invalid_request",
  429: "provider_rate_limited",
  500: "provider_error",
  502: "provider_unavailable",
  503: "provider_overloaded",
  504: "provider_timeout",
  529: "provider_overloaded",
};

const LOAD: ReadonlySet<ErrorCode> = new Set([
  "rate_limited",
  "overloaded",
  "provider_rate_limited",
  "provider_overloaded",
]);

/**
 * `error-<status or code>`: fails before the first chunk, as a provider with that HTTP status would, or with that
 * code of the table of errors. Those that tell of load bring a retry-after. Undefined for a word that is neither.
 */
export function errorModel(word: string): SimulatedModel | undefined {
  if (errorFor(word, 0) === undefined) return undefined;
  return {
    answer: ({ settings }) => {
      throw errorFor(word, settings.retryAfterMs) as ParlanceError;
    },
    scripted: true,
  };
}

/** The error that an HTTP status or a code of the table stands for; undefined for a word that is neither. */
export function errorFor(word: string, retryAfterMs: number): ParlanceError | undefined {
  const status = /^[45]\d\d$/.test(word) ? Number(word) : undefined;
  const code =
    status === undefined ? word : (BY_STATUS[status] ?? (status < 500 ? "invalid_request" : "provider_error"));
  if (!isCode(code)) return undefined;
  return new ParlanceError(code, `The simulator was asked to fail with ${word}.`, {
    ...(status !== undefined && { providerStatus: status }),
    ...(LOAD.has(code) && { retryAfterMs }),
  });
}

function isCode(word: string): word is ErrorCode {
  return Object.hasOwn(ERRORS, word);
}
