import { type ErrorCode, ParlanceError } from "../errors.js";
import { houseRefusal } from "./house-recordings.js";
import type { Kit } from "./kit.js";
import type { RecordedAnswer } from "./recording.js";

/** What a status of a provider may become: the first is what the house makes of it. */
export const CODES_OF_STATUS: Readonly<Record<number, readonly [ErrorCode, ...ErrorCode[]]>> = {
  400: ["invalid_request", "context_length_exceeded", "unsupported", "content_filtered", "model_not_found"],
  401: ["provider_unauthenticated"],
  403: ["provider_unauthenticated"],
  404: ["not_found", "model_not_found"],
  408: ["provider_timeout"],
  413: ["request_too_large", "context_length_exceeded"],
  422: ["invalid_request", "context_length_exceeded", "unsupported", "content_filtered"],
  429: ["provider_rate_limited"],
  500: ["provider_error", "provider_unavailable", "provider_overloaded"],
  502: ["provider_error", "provider_unavailable"],
  503: ["provider_overloaded", "provider_unavailable"],
  504: ["provider_timeout"],
  529: ["provider_overloaded"],
};

/** A refusal of that status: as the plugin shipped it, else in its dialect's own words, else in words of nobody. */
export function refusalOf(kit: Kit, status: number): RecordedAnswer {
  const shipped = kit.recordings.find(({ answer }) => answer.status === status);
  if (shipped !== undefined) return shipped.answer;
  const [code] = CODES_OF_STATUS[status] ?? ["provider_error"];
  const message = "The conformance server refuses.";
  if (kit.dialect !== undefined) return houseRefusal(kit.dialect, status, new ParlanceError(code, message));
  const bytes = Buffer.from(JSON.stringify({ message, error: { message } }));
  return { status, headers: { "content-type": "application/json" }, bytes, cut: "whole" };
}
