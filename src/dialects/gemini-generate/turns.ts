import { isObject, type JsonValue, type Message, type Part, Role } from "../../sdk/index.js";
import { formOf } from "./own.js";
import { DIALECT } from "./wire.js";

/**
 * Turns of the model that came as several contents. Google's clients keep each event of a stream as a content of its own;
 * other dialects want the calls of a turn in one message, and no text that is nothing but a line's end. Where the contents
 * met is noted, as a place among the parts and one in the text there, so that this dialect gets them back.
 * @module
 */

type Place = readonly [part: number, letter: number];

/** Messages with neighbours of the model joined, texts that go on among them too. What holds fields of its own stays alone. */
export function joinTurns(messages: readonly Message[]): Message[] {
  const out: Message[] = [];
  let open: { parts: Part[]; cuts: Place[] } | undefined;
  for (const message of messages) {
    const joins = message.role === Role.ASSISTANT && message.extensions === undefined && message.parts.length > 0;
    if (!joins || open === undefined) {
      open = joins ? { parts: [...message.parts], cuts: [] } : undefined;
      out.push(message);
      continue;
    }
    append(open, message.parts);
    out[out.length - 1] = {
      ...(out[out.length - 1] as Message),
      parts: open.parts,
      extensions: { [DIALECT]: { $form: { cuts: open.cuts.map((cut) => [...cut]) } } },
    };
  }
  return out;
}

function append({ parts, cuts }: { parts: Part[]; cuts: Place[] }, more: readonly Part[]): void {
  const last = parts[parts.length - 1];
  const [first, ...rest] = more;
  if (isBareText(last) && isBareText(first)) {
    const { text } = last.kind.value;
    cuts.push([parts.length - 1, text.length]);
    parts[parts.length - 1] = withText(last, text + first.kind.value.text);
    parts.push(...rest);
    return;
  }
  cuts.push([parts.length, 0]);
  parts.push(...more);
}

/** The parts of a message, content by content. */
export function cutTurn(message: Message): Part[][] {
  const cuts = placesOf(formOf(message).cuts);
  if (cuts.length === 0) return [message.parts];
  const ends: Place[] = [...cuts, [message.parts.length, 0]];
  return ends.map((end, index) => piece(message.parts, ends[index - 1] ?? [0, 0], end));
}

function piece(parts: readonly Part[], [from, after]: Place, [to, before]: Place): Part[] {
  const found = parts.slice(from, before > 0 ? to + 1 : to);
  return found.map((part, index) => {
    const start = index === 0 ? after : 0;
    const end = before > 0 && from + index === to ? before : undefined;
    if (!isBareText(part) || (start === 0 && end === undefined)) return part;
    return withText(part, part.kind.value.text.slice(start, end));
  });
}

type TextPart = Part & { kind: { case: "text" } };

function isBareText(part: Part | undefined): part is TextPart {
  return part?.kind.case === "text" && part.extensions === undefined && part.kind.value.text !== "";
}

function withText(part: TextPart, text: string): Part {
  return { ...part, kind: { case: "text", value: { ...part.kind.value, text } } };
}

function placesOf(cuts: JsonValue | undefined): Place[] {
  if (!Array.isArray(cuts) || cuts.some(isObject)) return [];
  return cuts as unknown as Place[];
}
