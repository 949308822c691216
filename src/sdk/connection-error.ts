import { ParlanceError } from "./errors.js";

/** Time limits of a call to a provider, in milliseconds. */
export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From sending the request to the answer's headers. */
  readonly firstByteMs: number;
  /** Between two reads of the answer. */
  readonly idleMs: number;
  /** Where they are set, told in what fails, such as `providers.claude.timeouts`. Absent means that it is not told. */
  readonly settings?: string | undefined;
}

/** What went wrong with a connection, in words that hold no address or secret beyond the operator's own. */
export function connectionError(error: Error, timeouts: UpstreamTimeouts): ParlanceError {
  const cause = { cause: error };
  // By undici's codes, so that nobody loads it for the sake of its classes.
  const code = (error as NodeJS.ErrnoException).code ?? "";
  switch (code) {
    case "UND_ERR_HEADERS_TIMEOUT":
      return new ParlanceError(
        "provider_timeout",
        `The provider did not answer within ${timeouts.firstByteMs} ms${settingOf(timeouts, "first_byte")}.`,
        cause,
      );
    case "UND_ERR_BODY_TIMEOUT":
      return new ParlanceError(
        "stream_stalled",
        `The provider's answer stalled for ${timeouts.idleMs} ms${settingOf(timeouts, "idle")}.`,
        cause,
      );
    case "UND_ERR_CONNECT_TIMEOUT":
      return new ParlanceError(
        "provider_timeout",
        `The provider did not accept a connection within ${timeouts.connectMs} ms${settingOf(timeouts, "connect")}.`,
        cause,
      );
    default:
      return new ParlanceError(
        "provider_unavailable",
        `The connection to the provider failed${code === "" ? "" : ` (${code})`}.`,
        cause,
      );
  }
}

function settingOf({ settings }: UpstreamTimeouts, name: string): string {
  return settings === undefined ? "" : ` (${settings}.${name})`;
}
