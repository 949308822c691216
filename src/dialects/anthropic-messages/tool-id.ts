import { createHash } from "node:crypto";

const ALPHABET = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * A tool call's id in the alphabet that the wire takes (`^[a-zA-Z0-9_-]+$`, at most 64 characters). One that conforms
 * stays as it is; another is rewritten the same way wherever it occurs, so that a call and its result still agree.
 */
export function toolId(id: string): string {
  if (ALPHABET.test(id)) return id;
  const digest = createHash("sha256").update(id).digest("hex").slice(0, 12);
  return `${id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 51)}_${digest}`;
}
