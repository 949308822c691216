import {
  type Chunk,
  chunks,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  LogprobsSchema,
  type Part,
} from "../../sdk/index.js";
import { isString } from "../openai-chat/checks.js";
import { decodeAnnotation } from "./citations.js";
import { decodePiece, finishPiece } from "./content-decode.js";
import { decodedItem, messageHead, reasoningBegun } from "./item-begun.js";
import { opaqueItem, withMessage } from "./item-decode.js";
import { decodeTokens } from "./logprobs.js";
import { unseal } from "../sealed-part.js";
import { PIECE_BREAK } from "./wire.js";

/** A part that has begun, and how much of it has been told. */
interface OpenPart {
  readonly number: number;
  readonly kind: "text" | "refusal" | "call" | "reasoning" | "whole";
  /** Characters of the piece that is told now; of the whole text for all but reasoning. */
  told: number;
  citations: number;
  tokens: number;
  /** The piece of a reasoning that is told now, such as `summary 0`. */
  piece: string;
}

/** An item that has begun and not ended. */
interface OpenItem {
  readonly type: string;
  /** The item as its first event tells it. */
  readonly said: JsonObject;
  /** Its parts, by the index of their content; a call and reasoning have one. */
  readonly parts: Map<number, OpenPart>;
}

/**
 * Follows the items of a stream and tells them as parts, by `output_index`, since ids change between events of some
 * servers. What a delta left out is told by the event that ends its part. An item that only this dialect has is told
 * whole, when it ends.
 */
export class ItemStream {
  readonly #open = new Map<number, OpenItem>();
  readonly #ended = new Set<number>();
  #parts = 0;
  /** Whether the answer waits for results of calls. */
  calls = false;

  added(index: number, item: JsonObject, out: Chunk[]): void {
    if (this.#open.has(index) || this.#ended.has(index)) return;
    const type = isString(item.type) ? item.type : "message";
    const open: OpenItem = { type, said: item, parts: new Map() };
    this.#open.set(index, open);
    if (type === "function_call" || type === "custom_tool_call") this.#beginCall(open, out);
  }

  /** A piece of a message begins. */
  pieceAdded(event: JsonObject, out: Chunk[]): void {
    const piece = event.part;
    const item = this.#item(event, "message", out);
    if (item.type !== "message" || !isObject(piece) || item.parts.has(contentIndex(event))) return;
    // A piece of another kind comes whole, with its end.
    if (piece.type === "output_text" || piece.type === "refusal")
      this.#beginPiece(item, contentIndex(event), piece, out);
  }

  text(event: JsonObject, kind: "text" | "refusal", out: Chunk[]): void {
    const part = this.#prose(event, kind, out);
    if (part === undefined) return;
    if (isString(event.delta)) this.#tell(part, event.delta, out);
    if (kind === "text") this.#tokens(part, event.logprobs, out);
  }

  textDone(event: JsonObject, kind: "text" | "refusal", out: Chunk[]): void {
    const part = this.#prose(event, kind, out);
    if (part === undefined) return;
    this.#rest(part, event[kind], out);
    if (kind === "text") this.#tokens(part, after(event.logprobs, part.tokens), out);
  }

  annotation(event: JsonObject, out: Chunk[]): void {
    const part = this.#prose(event, "text", out);
    if (part !== undefined && isObject(event.annotation)) this.#cite(part, [event.annotation], out);
  }

  pieceDone(event: JsonObject, out: Chunk[]): void {
    const item = this.#open.get(outputIndex(event));
    if (item?.type === "message" && isObject(event.part))
      this.#completePiece(item, contentIndex(event), event.part, out);
  }

  /** `custom`: free text of a custom tool, where the item's own event did not come. */
  arguments(event: JsonObject, custom: boolean, out: Chunk[]): void {
    const part = this.#item(event, custom ? "custom_tool_call" : "function_call", out).parts.get(0);
    if (part?.kind === "call" && isString(event.delta)) this.#tell(part, event.delta, out);
  }

  argumentsDone(event: JsonObject, custom: boolean, out: Chunk[]): void {
    const part = this.#item(event, custom ? "custom_tool_call" : "function_call", out).parts.get(0);
    if (part?.kind === "call") this.#rest(part, custom ? event.input : event.arguments, out);
  }

  /** Text of a piece of reasoning: of its summary, or of its content. */
  reasoning(event: JsonObject, member: "summary" | "content", out: Chunk[]): void {
    const item = this.#item(event, "reasoning", out);
    if (item.type !== "reasoning" || !isString(event.delta)) return;
    const part = this.#reasoningPart(item, member, out);
    this.#turnTo(part, pieceName(event, member), out);
    this.#tell(part, event.delta, out);
  }

  reasoningDone(event: JsonObject, member: "summary" | "content", out: Chunk[]): void {
    const item = this.#item(event, "reasoning", out);
    const said = isString(event.text) ? event.text : isObject(event.part) ? event.part.text : undefined;
    if (item.type !== "reasoning" || !isString(said) || said === "") return;
    const part = this.#reasoningPart(item, member, out);
    // The text's own event and its part's say the same.
    this.#turnTo(part, pieceName(event, member), out);
    this.#rest(part, said, out);
  }

  done(index: number, item: JsonObject, out: Chunk[]): void {
    if (this.#ended.has(index)) return;
    this.added(index, item, out);
    const open = this.#open.get(index) as OpenItem;
    this.#open.delete(index);
    this.#ended.add(index);
    if (open.type === "message") {
      // By order, not by index: some servers count the pieces of other items too while they stream.
      const told = Array.from(open.parts.keys());
      const content = Array.isArray(item.content) ? item.content : [];
      content.forEach((piece, at) => {
        if (isObject(piece)) this.#completePiece(open, told[at] ?? UNTOLD + at, piece, out);
      });
    } else if (open.type === "reasoning") this.#endReasoning(open, item, out);
    else if (open.parts.size > 0) {
      this.#rest(open.parts.get(0) as OpenPart, open.type === "custom_tool_call" ? item.input : item.arguments, out);
    } else this.#whole(opaqueItem(item), out);
    this.#endParts(open, out);
  }

  /** The answer is whole: items that no event told are told now, and what is open ends. */
  close(output: JsonValue | undefined, out: Chunk[]): void {
    if (Array.isArray(output)) {
      output.forEach((item, index) => {
        if (isObject(item)) this.done(index, item, out);
      });
    }
    for (const open of this.#open.values()) this.#endParts(open, out);
    this.#open.clear();
  }

  /** The item of an event; some servers leave out the event that begins it. */
  #item(event: JsonObject, type: string, out: Chunk[]): OpenItem {
    const index = outputIndex(event);
    const found = this.#open.get(index);
    if (found !== undefined) return found;
    // A late event of an item that has ended tells nothing new.
    if (this.#ended.has(index)) return { type: "", said: {}, parts: new Map() };
    const id: JsonObject = isString(event.item_id) ? { id: event.item_id } : {};
    this.added(index, { type, ...id, call_id: event.item_id ?? "", name: event.name ?? "" }, out);
    return this.#open.get(index) as OpenItem;
  }

  #start(content: Part, kind: OpenPart["kind"], out: Chunk[]): OpenPart {
    const number = this.#parts;
    this.#parts += 1;
    out.push(chunks.partStart(0, number, content));
    return { number, kind, told: 0, citations: 0, tokens: 0, piece: "" };
  }

  #whole(content: Part, out: Chunk[]): void {
    const { number } = this.#start(content, "whole", out);
    out.push(chunks.partEnd(0, number));
  }

  #beginCall(open: OpenItem, out: Chunk[]): void {
    const custom = open.type === "custom_tool_call";
    const [part] = decodedItem({
      ...open.said,
      [custom ? "input" : "arguments"]: "",
      call_id: open.said.call_id ?? "",
    });
    if (part === undefined) return;
    this.calls = true;
    const begun = this.#start(part, "call", out);
    open.parts.set(0, begun);
    const said = custom ? open.said.input : open.said.arguments;
    if (isString(said)) this.#tell(begun, said, out);
  }

  #beginPiece(item: OpenItem, at: number, piece: JsonObject, out: Chunk[]): OpenPart {
    const refusal = piece.type === "refusal";
    const member = refusal ? "refusal" : "text";
    const { logprobs: _, annotations: __, ...begun } = piece;
    const first = item.parts.size === 0;
    const read = decodePiece({ ...begun, [member]: "" }, "content");
    const part = finishPiece(read);
    const open = this.#start(
      first ? withMessage(part, messageHead(item.said)) : part,
      refusal ? "refusal" : "text",
      out,
    );
    item.parts.set(at, open);
    if (isString(piece[member])) this.#tell(open, piece[member], out);
    return open;
  }

  /** The open text or refusal of an event. */
  #prose(event: JsonObject, kind: "text" | "refusal", out: Chunk[]): OpenPart | undefined {
    const item = this.#item(event, "message", out);
    if (item.type !== "message") return undefined;
    const at = contentIndex(event);
    const type = kind === "text" ? "output_text" : "refusal";
    const part = item.parts.get(at) ?? this.#beginPiece(item, at, { type }, out);
    return part.kind === kind ? part : undefined;
  }

  #completePiece(item: OpenItem, at: number, piece: JsonObject, out: Chunk[]): void {
    const prose = piece.type === "output_text" || piece.type === "refusal";
    let part = item.parts.get(at);
    if (part === undefined && !prose) {
      const read = finishPiece(decodePiece(piece, "content"));
      part = this.#start(item.parts.size === 0 ? withMessage(read, messageHead(item.said)) : read, "whole", out);
      item.parts.set(at, part);
    }
    if (!prose) return;
    part ??= this.#beginPiece(item, at, piece, out);
    this.#rest(part, part.kind === "refusal" ? piece.refusal : piece.text, out);
    if (part.kind !== "text") return;
    this.#cite(part, after(piece.annotations, part.citations), out);
    this.#tokens(part, after(piece.logprobs, part.tokens), out);
  }

  #reasoningPart(item: OpenItem, member: string, out: Chunk[]): OpenPart {
    const found = item.parts.get(0);
    if (found !== undefined) return found;
    const part = this.#start(reasoningBegun(item.said, member), "reasoning", out);
    item.parts.set(0, part);
    return part;
  }

  /** Pieces of reasoning are one text in the vocabulary, with a blank line between them. */
  #turnTo(part: OpenPart, piece: string, out: Chunk[]): void {
    if (part.piece === piece) return;
    if (part.piece !== "") this.#tell(part, PIECE_BREAK, out);
    part.piece = piece;
    part.told = 0;
  }

  #endReasoning(open: OpenItem, item: JsonObject, out: Chunk[]): void {
    const { encrypted_content: sealed } = item;
    const foreign = isString(sealed) ? unseal(sealed) : undefined;
    if (open.parts.size === 0 && foreign !== undefined) {
      this.#whole(foreign, out);
      return;
    }
    if (open.parts.size === 0) {
      // Nothing was streamed: what the item has is told at once.
      const [part] = decodedItem(item);
      if (part?.kind.case !== "reasoning") {
        if (part !== undefined) this.#whole(part, out);
        return;
      }
      const { text } = part.kind.value;
      const begun = this.#start(
        reasoningBegun(item, Array.isArray(item.summary) && item.summary.length > 0 ? "summary" : "content"),
        "reasoning",
        out,
      );
      open.parts.set(0, begun);
      this.#tell(begun, text, out);
    }
    const part = open.parts.get(0) as OpenPart;
    if (isString(sealed)) out.push(chunks.reasoningSeal(0, part.number, sealed));
  }

  #endParts(open: OpenItem, out: Chunk[]): void {
    for (const part of open.parts.values()) out.push(chunks.partEnd(0, part.number));
    open.parts.clear();
  }

  #tell(part: OpenPart, text: string, out: Chunk[]): void {
    if (text === "") return;
    part.told += text.length;
    if (part.kind === "text") out.push(chunks.textDelta(0, part.number, text));
    else if (part.kind === "refusal") out.push(chunks.refusalDelta(0, part.number, text));
    else if (part.kind === "call") out.push(chunks.toolCallDelta(0, part.number, text));
    else if (part.kind === "reasoning") out.push(chunks.reasoningDelta(0, part.number, text));
  }

  /** What the whole text has beyond what was told. */
  #rest(part: OpenPart, whole: JsonValue | undefined, out: Chunk[]): void {
    if (isString(whole) && whole.length > part.told) this.#tell(part, whole.slice(part.told), out);
  }

  #cite(part: OpenPart, annotations: readonly JsonValue[], out: Chunk[]): void {
    for (const annotation of annotations) {
      part.citations += 1;
      out.push(chunks.citationAdd(0, part.number, decodeAnnotation(annotation, "annotation")));
    }
  }

  #tokens(part: OpenPart, list: JsonValue | undefined, out: Chunk[]): void {
    const content = decodeTokens(list);
    if (content === undefined || content.length === 0) return;
    part.tokens += content.length;
    out.push(chunks.logprobsDelta(0, create(LogprobsSchema, { content })));
  }
}

/** Indices of pieces that no event told are beyond those that any told. */
const UNTOLD = 1_000_000;

function outputIndex(event: JsonObject): number {
  return typeof event.output_index === "number" ? event.output_index : 0;
}

function contentIndex(event: JsonObject): number {
  return typeof event.content_index === "number" ? event.content_index : 0;
}

function pieceName(event: JsonObject, member: "summary" | "content"): string {
  return `${member} ${String(event[`${member}_index`] ?? 0)}`;
}

/** What a list has after its first entries. */
function after(list: JsonValue | undefined, count: number): JsonValue[] {
  return Array.isArray(list) ? list.slice(count) : [];
}
