import { createHash } from "node:crypto";
import { MADE_ID } from "./wire.js";

/**
 * Ids for the calls of one answer: older servers tell none. Made of the answer's time, so that two answers of one
 * conversation never make the same, and reading an answer again makes the same. `answer`: what tells it from others.
 */
export function callIds(answer: string): (told: unknown) => string {
  const front = MADE_ID + createHash("sha256").update(answer).digest("hex").slice(0, 16);
  let made = 0;
  return (told) => {
    if (typeof told === "string" && told !== "") return told;
    made += 1;
    return `${front}_${made - 1}`;
  };
}
