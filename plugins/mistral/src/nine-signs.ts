import { createHash } from "node:crypto";

const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * The id of a tool call as Mistral takes it: nine letters or digits (error 3280 otherwise). One that is so already stays;
 * of any other it is always the same, so that a call and its answer still find each other.
 */
export function nineSigns(id: string): string {
  if (/^[A-Za-z0-9]{9}$/.test(id)) return id;
  const hash = createHash("sha256").update(id).digest();
  return Array.from(hash.subarray(0, 9), (byte) => SIGNS[byte % SIGNS.length]).join("");
}
