import { create, type Message, type Part, PartSchema, type ReasoningPart, Role } from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/**
 * Seals of other providers' reasoning. The wire has one opaque place for the proof that a thought is the model's own,
 * `thoughtSignature`, which its clients give back as they got it: there the other's proof travels, with the words that
 * it is of, since clients keep those in pieces or not at all. The front is base64 of `parlance:`.
 * @module
 */

const FRONT = "cGFybGFuY2U6";

/** The seal that stands for another provider's; undefined when there is none to stand for. */
export function sealForeign(
  reasoning: Pick<ReasoningPart, "text" | "signature" | "encryptedContent" | "dialect">,
): string | undefined {
  const { text, signature, encryptedContent, dialect } = reasoning;
  if (dialect === undefined || dialect === DIALECT) return undefined;
  if (signature === undefined && encryptedContent === undefined) return undefined;
  const sealed = JSON.stringify({ dialect, text, signature, encryptedContent });
  return FRONT + Buffer.from(sealed).toString("base64");
}

/**
 * A caller's messages with such seals opened: each is the reasoning that it holds, and the thoughts before it that say the
 * same are left out, in whatever pieces they came, for clients keep each event of a stream as a content of its own.
 */
export function openSeals(messages: readonly Message[]): Message[] {
  const opened = new Map<Part, Part>();
  const shown = new Set<Part>();
  let before: Part[] = [];
  for (const { role, parts } of messages) {
    if (role !== Role.ASSISTANT) before = [];
    for (const part of parts) {
      const foreign = openSeal(part);
      before.push(part);
      if (foreign === undefined) continue;
      opened.set(part, foreign);
      for (const thought of thoughtsOf(before.slice(0, -1), foreign.kind.value.text)) shown.add(thought);
    }
  }
  if (opened.size === 0) return [...messages];
  return messages
    .map((message) => ({
      ...message,
      parts: message.parts.flatMap((part) => (shown.has(part) ? [] : (opened.get(part) ?? part))),
    }))
    .filter(({ parts }) => parts.length > 0);
}

type Reasoned = Part & { kind: { case: "reasoning" } };

function openSeal({ kind }: Part): Reasoned | undefined {
  if (kind.case !== "reasoning" || kind.value.text !== "" || !kind.value.signature?.startsWith(FRONT)) return undefined;
  try {
    const told = JSON.parse(Buffer.from(kind.value.signature.slice(FRONT.length), "base64").toString("utf8")) as Record<
      string,
      unknown
    >;
    const { dialect, text, signature, encryptedContent } = told;
    if (typeof dialect !== "string" || typeof text !== "string") return undefined;
    const value = {
      dialect,
      text,
      ...(typeof signature === "string" && { signature }),
      ...(typeof encryptedContent === "string" && { encryptedContent }),
    };
    return create(PartSchema, { kind: { case: "reasoning", value } }) as Reasoned;
  } catch {
    // Someone else's after all.
    return undefined;
  }
}

/** The last parts, if they say exactly this. */
function thoughtsOf(parts: readonly Part[], text: string): Part[] {
  const found: Part[] = [];
  let rest = text;
  for (let at = parts.length - 1; at >= 0 && rest !== ""; at -= 1) {
    const { kind } = parts[at] as Part;
    if (kind.case !== "reasoning" || kind.value.dialect !== DIALECT || kind.value.signature !== undefined) return [];
    if (kind.value.text === "" || !rest.endsWith(kind.value.text)) return [];
    rest = rest.slice(0, rest.length - kind.value.text.length);
    found.push(parts[at] as Part);
  }
  return rest === "" ? found : [];
}

/** A place of a body with the text to put there. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const QUOTED_FRONT = Buffer.from(`"${FRONT}`);
const NAME = /"thought_?[sS]ignature"\s*:\s*$/;
/** Longest text before a seal that is looked at for its name. */
const NAME_BYTES = 64;

/** Puts what the wire takes for a seal from elsewhere in the place of each one: a target of the wire refuses a false one. */
export function replaceForeign(body: Buffer, substitute: string): Edit[] {
  const edits: Edit[] = [];
  for (let at = body.indexOf(QUOTED_FRONT); at !== -1; at = body.indexOf(QUOTED_FRONT, at + 1)) {
    if (!NAME.test(body.toString("latin1", Math.max(0, at - NAME_BYTES), at))) continue;
    // Base64 holds no quotes.
    edits.push({ start: at, end: body.indexOf('"', at + 1) + 1, text: JSON.stringify(substitute) });
  }
  return edits;
}
