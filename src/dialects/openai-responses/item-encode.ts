import { createHash } from "node:crypto";
import { type JsonObject, type JsonValue, isObject, type Part, type ToolCallPart, ToolKind } from "../../sdk/index.js";
import { addTokens, type AnswerTokens, encodePiece, type PieceTarget } from "./content-encode.js";
import { base64 } from "./data-url.js";
import { fieldsOf, formOf, restore, restoreFrom } from "./own.js";
import { seal } from "../sealed-part.js";
import { mustBeSealed } from "./sealed.js";
import { PIECE_BREAK } from "./wire.js";

/** The id and state of an item that is written. Undefined leaves them out where the item does not have them itself. */
export interface ItemHead {
  readonly id: string | undefined;
  readonly status: string | undefined;
}

/** The kinds of items that parts are written as. */
export type ItemKind = "message" | "reasoning" | "function_call" | "custom_tool_call" | "sealed" | "image" | "opaque";

/** The kind of item that a part belongs to. */
export function itemKindOf(part: Part): ItemKind {
  if (mustBeSealed(part)) return "sealed";
  const { kind } = part;
  switch (kind.case) {
    case "reasoning":
      return "reasoning";
    case "toolCall":
      return kind.value.kind === ToolKind.CUSTOM ? "custom_tool_call" : "function_call";
    case "image":
      return "image";
    case "opaque":
      return formOf(part).place === "content" ? "message" : "opaque";
    default:
      return "message";
  }
}

/** Whether a part of a message begins a new one, although one is open. */
export function beginsMessage(part: Part): boolean {
  return isObject(formOf(part).item);
}

/** The head of an item of its own kind, as it was noted; what was not noted is made up unless the item came whole. */
function headed(out: JsonObject, form: JsonObject, made: ItemHead): JsonObject {
  const whole = form.whole === true;
  const id = form.id ?? (whole ? undefined : made.id);
  const status = form.status ?? (whole ? undefined : made.status);
  if (id !== undefined) out.id = id;
  if (status !== undefined) out.status = status;
  return out;
}

/** A message of the model. `tokens`: log probabilities of the answer, of which it takes its own. */
export function messageItem(
  parts: readonly Part[],
  head: ItemHead,
  target: PieceTarget,
  pathOf: (part: Part) => string,
  tokens?: AnswerTokens,
): JsonObject {
  const [first] = parts;
  const noted = formOf(first).item;
  const form: JsonObject = isObject(noted) ? noted : {};
  const out = headed(form.bare === true ? {} : { type: "message" }, form, head);
  out.role = "assistant";
  const pieces = parts.flatMap((part): JsonObject[] => {
    const piece = encodePiece(asText(part), pathOf(part), target);
    if (piece === undefined) return [];
    if (tokens !== undefined) addTokens(piece, part, tokens);
    return [piece];
  });
  if (form.content === "string" && pieces.length === 1) out.content = (pieces[0] as JsonObject).text as JsonValue;
  else if ((form.content === "empty" || form.content === "none") && pieces.every(({ text }) => text === "")) {
    if (form.content === "empty") out.content = [];
  } else out.content = pieces;
  const { output_item: fields } = fieldsOf(first);
  return restoreFrom(out, isObject(fields) ? fields : {}, form);
}

/** Sound is told by its transcript. */
function asText(part: Part): Part {
  if (part.kind.case !== "audio") return part;
  return { ...part, kind: { case: "text", value: textOf(part.kind.value.transcript ?? "") } };
}

const textOf = (text: string) => ({ $typeName: "parlance.v1.TextPart" as const, text, citations: [] });

/** A call of a function or of a custom tool. */
export function callItem(part: Part, call: ToolCallPart, head: ItemHead): JsonObject {
  const custom = call.kind === ToolKind.CUSTOM;
  const out: JsonObject = headed({ type: custom ? "custom_tool_call" : "function_call" }, formOf(part), head);
  out.call_id = callId(call.id, part);
  out.name = call.name;
  // No arguments are an empty object to every client that parses them.
  if (custom) out.input = call.arguments;
  else out.arguments = call.arguments === "" && formOf(part).own !== true ? "{}" : call.arguments;
  return restore(out, part);
}

const LONGEST_CALL_ID = 64;

/**
 * The owner of the dialect refuses longer ids of calls. A shorter one is made, always the same, so that a call and its
 * result still find each other.
 */
export function callId(id: string, part: Part): string {
  if (id.length <= LONGEST_CALL_ID || formOf(part).own === true) return id;
  return `${id.slice(0, 31)}_${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;
}

/** Reasoning of this dialect, or of none. */
export function reasoningItem(part: Part, head: ItemHead): JsonObject {
  if (part.kind.case !== "reasoning") return {};
  const form = formOf(part);
  const { text, encryptedContent } = part.kind.value;
  const out = headed({ type: "reasoning" }, form, head);
  const pieces = piecesOf(text, form.pieces, form.voice === "content" ? "content" : "summary");
  const summary = pieces.filter(([member]) => member === "summary");
  const content = pieces.filter(([member]) => member === "content");
  if (summary.length > 0 || form.no_summary !== true) {
    out.summary = summary.map(([, piece]) => ({ type: "summary_text", text: piece }));
  }
  if (content.length > 0 || form.no_content === true) {
    out.content = content.map(([, piece]) => ({ type: "reasoning_text", text: piece }));
  }
  if (encryptedContent !== undefined) out.encrypted_content = encryptedContent;
  return restore(out, part);
}

/** The pieces of a reasoning text by their noted lengths; one of kind `member` where they do not fit any more. */
function piecesOf(text: string, noted: JsonValue | undefined, member: string): [string, string][] {
  const pieces: [string, string][] = [];
  let at = 0;
  for (const entry of Array.isArray(noted) ? noted : []) {
    const [kind, length] = entry as [string, number];
    if (pieces.length > 0) {
      if (!text.startsWith(PIECE_BREAK, at)) return onePiece(text, member);
      at += PIECE_BREAK.length;
    }
    pieces.push([kind, text.slice(at, at + length)]);
    at += length;
  }
  return at === text.length && pieces.length > 0 ? pieces : onePiece(text, pieces[0]?.[0] ?? member);
}

function onePiece(text: string, member: string): [string, string][] {
  return text === "" ? [] : [[member, text]];
}

/** A part that the wire cannot say, in the seal of a reasoning item; what can be read of it is its summary. */
export function sealedItem(part: Part, head: ItemHead): JsonObject {
  const text = part.kind.case === "reasoning" ? part.kind.value.text : "";
  return {
    type: "reasoning",
    ...(head.id !== undefined && { id: head.id }),
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    encrypted_content: seal(part),
    ...(head.status !== undefined && { status: head.status }),
  };
}

/** A picture that the model made. */
export function imageItem(part: Part, head: ItemHead): JsonObject {
  const data = part.kind.case === "image" && part.kind.value.source.case === "data" ? part.kind.value.source.value : "";
  return {
    type: "image_generation_call",
    ...(head.id !== undefined && { id: head.id }),
    status: "completed",
    result: data === "" ? null : base64(data),
  };
}

/** An item of any kind but a message, from its one part. */
export function singleItem(part: Part, kind: ItemKind, head: ItemHead): JsonObject {
  const { kind: content } = part;
  if (kind === "sealed") return sealedItem(part, head);
  if (kind === "reasoning") return reasoningItem(part, head);
  if (kind === "image") return imageItem(part, head);
  if (content.case === "toolCall") return callItem(part, content.value, head);
  return content.case === "opaque" ? { ...content.value.value } : {};
}
