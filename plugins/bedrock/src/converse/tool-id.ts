import { createHash } from "node:crypto";
import type { Family } from "./family.js";

const USUAL = /^[a-zA-Z0-9_-]{1,64}$/;
const NINE = /^[a-zA-Z0-9]{9}$/;
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * A tool call's id as the model's family takes it. One that conforms stays as it is; another is rewritten the same way
 * wherever it occurs, so that a call and its result still agree.
 */
export function toolId(id: string, { toolIds }: Family): string {
  if (toolIds === "own") return id;
  if (toolIds === "nine") return NINE.test(id) ? id : nine(id);
  if (USUAL.test(id)) return id;
  const digest = createHash("sha256").update(id).digest("hex").slice(0, 12);
  return `${id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 51)}_${digest}`;
}

function nine(id: string): string {
  const digest = createHash("sha256").update(id).digest();
  return Array.from({ length: 9 }, (_, at) => DIGITS[(digest[at] as number) % DIGITS.length]).join("");
}
