import { ParlanceError } from "./errors.js";

/**
 * The value of a setting that is sent in a header. A line break in a credential, usually from a file, would fail every
 * call with a message about headers; so it throws `invalid_request` that names the setting.
 * `field`: the setting's whole path, such as `providers.mine.api_key`.
 */
export function headerSafe(value: string, field: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  // The value stays out of the message: it may be a credential.
  throw new ParlanceError(
    "invalid_request",
    `${field} must be visible ASCII characters without spaces or line breaks, for it is sent in a header.`,
    { field },
  );
}
