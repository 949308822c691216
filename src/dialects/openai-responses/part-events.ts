import type { Citation, JsonObject, JsonValue, Part, TokenLogprob } from "../../sdk/index.js";
import { encodeAnnotation } from "./citations.js";
import { encodePiece } from "./content-encode.js";
import type { ItemKind } from "./item-encode.js";
import { encodeTokens } from "./logprobs.js";
import { formOf } from "./own.js";
import { ANSWER } from "./response-encode.js";

/**
 * The events within an item: what a part says as it begins, with every delta, and as it ends.
 * @module
 */

/** An item of the output. */
export interface Item {
  readonly kind: ItemKind;
  readonly index: number;
  readonly id: string;
  readonly parts: Entry[];
  /** Parts of it that have not ended. */
  open: number;
  /** Whether a further text may still join it: only the message that came last. */
  joinable: boolean;
  /** The item as its last event tells it. */
  done: JsonObject | undefined;
}

/** A part that has begun. */
export interface Entry {
  readonly item: Item;
  /** The part so far. Not the event's own, since deltas are added to it. */
  readonly content: Part;
  /** Its number among the pieces of its message. */
  readonly at: number;
  /** Log probabilities of a text. */
  readonly tokens: TokenLogprob[];
  annotations: number;
  /** What all of its deltas begin with; undefined before the first. */
  head: string | undefined;
  /** Whether the piece of a reasoning has been begun on the wire. */
  begun: boolean;
  ended: boolean;
}

/** Gives the wire text of events, each with its number. */
export interface Write {
  event(type: string, members: JsonObject): string;
  /** The event of a delta, of which all but the delta is the same every time: `head` is what `deltaHead` makes. */
  delta(head: string, delta: string): string;
}

/** What the start of a part says by itself. */
export function saidByStart(entry: Entry, write: Write): string {
  const { kind } = entry.content;
  const added = (part: JsonObject): string => place(entry, write, "response.content_part.added", { part });
  switch (kind.case) {
    case "text":
    case "audio": {
      const said = kind.case === "text" ? kind.value.text : (kind.value.transcript ?? "");
      const cited = kind.case === "text" ? kind.value.citations : [];
      const begun = added({ type: "output_text", text: "", annotations: [], logprobs: [] });
      return cited.reduce(
        (text, citation) => text + cite(entry, write, citation),
        begun + tellText(entry, write, said),
      );
    }
    case "refusal":
      return added({ type: "refusal", refusal: "" }) + tellRefusal(entry, write, kind.value.text);
    case "toolCall":
      return tellArguments(entry, write, kind.value.arguments);
    case "reasoning":
      return tellReasoning(entry, write, kind.value.text);
    case "opaque":
      return entry.item.kind === "message" ? added({ ...kind.value.value }) : "";
    default:
      return "";
  }
}

export function tellText(entry: Entry, write: Write, delta: string): string {
  if (delta === "") return "";
  entry.head ??= deltaHead("response.output_text.delta", { ...placeOf(entry), logprobs: [] });
  return write.delta(entry.head, delta);
}

export function tellTokens(entry: Entry, write: Write, tokens: readonly TokenLogprob[]): string {
  return place(entry, write, "response.output_text.delta", { delta: "", logprobs: encodeTokens(tokens) });
}

export function tellRefusal(entry: Entry, write: Write, delta: string): string {
  if (delta === "") return "";
  entry.head ??= deltaHead("response.refusal.delta", placeOf(entry));
  return write.delta(entry.head, delta);
}

export function cite(entry: Entry, write: Write, citation: Citation): string {
  const annotation = encodeAnnotation(citation, formOf(entry.content).type !== "output_text");
  if (annotation === undefined) return "";
  entry.annotations += 1;
  const index = entry.annotations - 1;
  return place(entry, write, "response.output_text.annotation.added", { annotation_index: index, annotation });
}

export function tellArguments(entry: Entry, write: Write, delta: string): string {
  if (delta === "") return "";
  const { item } = entry;
  const custom = item.kind === "custom_tool_call";
  const type = custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
  entry.head ??= deltaHead(type, { item_id: item.id, output_index: item.index });
  return write.delta(entry.head, delta);
}

/** Reasoning is told as a summary, which all clients show; as content where it was content. */
export function tellReasoning(entry: Entry, write: Write, delta: string): string {
  if (delta === "") return "";
  const content = inContent(entry);
  let text = "";
  if (!entry.begun) {
    entry.begun = true;
    text = content
      ? place(entry, write, "response.content_part.added", { part: { type: "reasoning_text", text: "" } })
      : summary(entry, write, "part.added", { part: { type: "summary_text", text: "" } });
  }
  entry.head ??= content
    ? deltaHead("response.reasoning_text.delta", placeOf(entry))
    : deltaHead("response.reasoning_summary_text.delta", summaryPlaceOf(entry));
  return text + write.delta(entry.head, delta);
}

/** What the end of a part says. */
export function saidByEnd(entry: Entry, write: Write): string {
  switch (entry.item.kind) {
    case "message":
      return pieceEnded(entry, write);
    case "function_call":
    case "custom_tool_call":
      return callEnded(entry, write);
    case "reasoning":
    case "sealed":
      return reasoningEnded(entry, write);
    default:
      return "";
  }
}

/** The piece of its message that a part is. */
export function pieceOf({ content, tokens }: Entry): JsonObject {
  const text = content.kind.case === "audio" ? (content.kind.value.transcript ?? "") : undefined;
  const piece = text === undefined ? encodePiece(content, "", ANSWER) : { type: "output_text", text, annotations: [] };
  if (piece === undefined || piece.type !== "output_text") return piece ?? {};
  return { ...piece, annotations: piece.annotations ?? [], logprobs: encodeTokens(tokens) };
}

function pieceEnded(entry: Entry, write: Write): string {
  const { kind } = entry.content;
  const part = pieceOf(entry);
  const whole = (): string => place(entry, write, "response.content_part.done", { part });
  if (kind.case === "opaque") return whole();
  if (kind.case === "refusal") {
    return place(entry, write, "response.refusal.done", { refusal: kind.value.text }) + whole();
  }
  const logprobs = encodeTokens(entry.tokens);
  return place(entry, write, "response.output_text.done", { text: part.text as JsonValue, logprobs }) + whole();
}

function callEnded({ item, content }: Entry, write: Write): string {
  if (content.kind.case !== "toolCall") return "";
  const { name, arguments: args } = content.kind.value;
  const at = { item_id: item.id, output_index: item.index };
  if (item.kind === "custom_tool_call")
    return write.event("response.custom_tool_call_input.done", { ...at, input: args });
  // A tool without arguments never had a delta; clients parse what came, and "" is not JSON.
  const none = args === "" ? write.event("response.function_call_arguments.delta", { ...at, delta: "{}" }) : "";
  if (none !== "") content.kind.value.arguments = "{}";
  return none + write.event("response.function_call_arguments.done", { ...at, name, arguments: args || "{}" });
}

function reasoningEnded(entry: Entry, write: Write): string {
  const { kind } = entry.content;
  if (kind.case !== "reasoning" || !entry.begun) return "";
  const { text } = kind.value;
  if (inContent(entry)) {
    const part = { type: "reasoning_text", text };
    return (
      place(entry, write, "response.reasoning_text.done", { text }) +
      place(entry, write, "response.content_part.done", { part })
    );
  }
  const part = { type: "summary_text", text };
  return summary(entry, write, "text.done", { text }) + summary(entry, write, "part.done", { part });
}

function inContent({ item, content }: Entry): boolean {
  return item.kind === "reasoning" && formOf(content).voice === "content";
}

function summary(entry: Entry, write: Write, what: string, members: JsonObject): string {
  return write.event(`response.reasoning_summary_${what}`, { ...summaryPlaceOf(entry), ...members });
}

function summaryPlaceOf({ item }: Entry): JsonObject {
  return { item_id: item.id, output_index: item.index, summary_index: 0 };
}

/** An event of a piece of content. */
function place(entry: Entry, write: Write, type: string, members: JsonObject): string {
  return write.event(type, { ...placeOf(entry), ...members });
}

function placeOf({ item, at }: Entry): JsonObject {
  return { item_id: item.id, output_index: item.index, content_index: at };
}

/** Wire text of an event up to its delta, so that a delta costs one small stringify. */
function deltaHead(type: string, members: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members }).slice(0, -1)},"delta":`;
}
