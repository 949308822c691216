import {
  errorFromStatus,
  isObject,
  type JsonObject,
  type ParlanceError,
  type ProviderWords,
  type ReadonlyHeaders,
} from "@parlance/sdk";

/** Makes a refusal of Google's into an error of the table: https://cloud.google.com/apis/design/errors#error_model */
export function decodeError(dialect: string, status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  return errorFromStatus(status, headers, wordsOf(body), { dialect, body });
}

/** The error as Google writes its own. */
export function encodeError(error: ParlanceError): JsonObject {
  return { error: { code: error.rule.http, message: error.message, status: error.code.toUpperCase() } };
}

function wordsOf(body: Buffer): ProviderWords {
  const error = errorIn(body);
  if (error === undefined) return {};
  const { message, status, details } = error;
  // A wrong key is told as a bad request, and only here as what it is.
  const reasons = (Array.isArray(details) ? details : []).flatMap((one) =>
    isObject(one) && typeof one.reason === "string" ? [one.reason] : [],
  );
  return {
    ...(typeof message === "string" && { message }),
    ...(typeof status === "string" && { type: status }),
    ...(reasons[0] !== undefined && { code: reasons[0] }),
  };
}

/** The member `error` of a body; some of Google's servers wrap the body in an array. */
function errorIn(body: Buffer): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    return isObject(first) && isObject(first.error) ? first.error : undefined;
  } catch {
    // A proxy's page, of which the caller need not know.
    return undefined;
  }
}
