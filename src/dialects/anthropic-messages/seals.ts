import {
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Members,
  parseExact,
  type ParlanceError,
  splice,
  stringifyExact,
} from "../../sdk/index.js";
import { SEAL } from "../sealed-part.js";

const THINKING = Buffer.from('thinking"');
const RAW: ReadonlySet<string> = new Set(["input"]);

/** Whether the conversation in a body may hold blocks of thinking: a native search. */
export function mayHoldSeals(body: Buffer, members: Members): boolean {
  const messages = members.byName.get("messages");
  if (messages === undefined) return false;
  const found = body.indexOf(THINKING, messages.start);
  return found !== -1 && found < messages.end;
}

/**
 * The body without the thinking that its server would refuse: blocks without a signature, and those that the gateway
 * has sealed for another provider; with `all` every block of thinking. The same buffer when there is none.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
export function removeSeals(body: Buffer, members: Members, all: boolean, losses: Losses): Buffer {
  const range = members.byName.get("messages");
  if (range === undefined || !mayHoldSeals(body, members)) return body;
  const { messages } = parseExact(`{"messages":${body.toString("utf8", range.start, range.end)}}`, RAW) as JsonObject;
  if (!Array.isArray(messages)) return body;
  let removed = false;
  const kept = messages.flatMap((message, index): JsonValue[] => {
    if (!isObject(message) || !Array.isArray(message.content)) return [message];
    const content = message.content.filter((block, at) => {
      if (!isUnreadable(block, all)) return true;
      losses.drop(
        `messages[${index}].content[${at}]`,
        "The target takes back only thinking that it has signed itself.",
      );
      removed = true;
      return false;
    });
    // A turn in which nothing else was said would be refused.
    if (content.length === 0 && message.content.length > 0) return [];
    return [{ ...message, content }];
  });
  return removed ? splice(body, [{ ...range, text: stringifyExact(kept) }]) : body;
}

function isUnreadable(block: JsonValue, all: boolean): boolean {
  if (!isObject(block)) return false;
  if (block.type === "redacted_thinking") return all;
  if (block.type !== "thinking") return false;
  const { signature } = block;
  return all || typeof signature !== "string" || signature === "" || signature.startsWith(SEAL);
}

/** Whether a refusal is about thinking that the server cannot read, in its words: "Invalid `signature` in `thinking` block". */
export function refusesSeals({ message }: ParlanceError): boolean {
  return /\bsignature\b/i.test(message) && /\bthinking\b/i.test(message);
}
