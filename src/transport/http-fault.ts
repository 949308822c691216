import { JsonSyntaxError, ParlanceError } from "../sdk/index.js";

/** Makes a fault that the HTTP server found in a request into an error of the table. */
export function fromHttpFault(thrown: Error): ParlanceError {
  // A door has looked into a member that the skim had passed by.
  if (thrown instanceof JsonSyntaxError) {
    return new ParlanceError("invalid_request", `The body is not a JSON object: ${thrown.message}.`);
  }
  const { statusCode, code } = thrown as { statusCode?: number; code?: string };
  if (statusCode === 413) {
    return new ParlanceError(
      "request_too_large",
      "The request body is larger than the server accepts (server.max_body_bytes).",
    );
  }
  if (statusCode === 415 || code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return new ParlanceError("invalid_request", "The content type must be application/json.", {
      field: "content-type",
    });
  }
  if (statusCode === 408) {
    return new ParlanceError("invalid_request", "The request body did not arrive in time (server.body_timeout).");
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ParlanceError("invalid_request", `The request cannot be read: ${thrown.message}.`);
  }
  return ParlanceError.from(thrown);
}
