import { invalid } from "../sdk/index.js";

/** Header, and RPC metadata, by which a caller asks that the first loss be an error: `true` or `false`. */
const HEADER = "x-parlance-strict";

/**
 * Whether the caller asks for strict in a header. `value`: of the header that `read` gives by its lower-case name.
 * Throws `invalid_request` for a value that is neither true nor false.
 */
export function asksStrict(read: (name: string) => string | string[] | null | undefined): boolean {
  const value = read(HEADER);
  if (value === undefined || value === null) return false;
  if (value === "true") return true;
  if (value === "false") return false;
  throw invalid(HEADER, `${HEADER} must be true or false.`);
}
