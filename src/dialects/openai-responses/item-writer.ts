import {
  type Chunk,
  type Citation,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type Part,
  type TokenLogprob,
} from "../../sdk/index.js";
import { encodeAnnotation } from "./citations.js";
import { encodePiece } from "./content-encode.js";
import { beginsMessage, type ItemKind, itemKindOf, messageItem, singleItem } from "./item-encode.js";
import { encodeTokens } from "./logprobs.js";
import { formOf } from "./own.js";
import { ANSWER, itemId } from "./response-encode.js";

/** An event of a part, as `completion.proto` has them. */
type PartEvent = Extract<Chunk["event"], { value: { part: number } }>;

/** An item of the output. */
interface Item {
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
interface Entry {
  readonly item: Item;
  /** The part so far. Not the event's own, since deltas are added to it. */
  readonly content: Part;
  /** Its number among the pieces of its message. */
  readonly at: number;
  /** Log probabilities of a text. */
  readonly tokens: TokenLogprob[];
  annotations: number;
  /** Whether the piece of a reasoning has been begun on the wire. */
  begun: boolean;
  ended: boolean;
}

/**
 * Writes parts as items of the output, in the order in which they begin. A message stays open until something else
 * begins, since further texts are pieces of it; items may be open side by side, told apart by `output_index`. An event
 * that does not fit what came before is refused.
 */
export class ItemWriter {
  readonly #base: string;
  readonly #write: (type: string, members: JsonObject) => string;
  readonly #parts: Entry[] = [];
  readonly #items: Item[] = [];

  /** `base`: what ids are made of. `write`: the wire text of an event, with its number. */
  constructor(base: string, write: (type: string, members: JsonObject) => string) {
    this.#base = base;
    this.#write = write;
  }

  /** The parts so far. */
  get parts(): Part[] {
    return this.#parts.map(({ content }) => content);
  }

  /** The items so far, each as its last event told it. */
  get output(): JsonObject[] {
    return this.#items.map((item) => item.done ?? this.#itemOf(item, "incomplete"));
  }

  event(event: PartEvent): string {
    if (event.case === "partStart") {
      if (event.value.content === undefined) throw broken(`part ${event.value.part} begins with nothing`);
      return this.#begin(event.value.part, event.value.content);
    }
    const entry = this.#parts[event.value.part];
    if (entry === undefined || entry.ended)
      throw broken(`a ${event.case} for part ${event.value.part}, which is not open`);
    if (event.case === "partEnd") return this.#end(entry);
    const { kind } = entry.content;
    const wrong = (): ParlanceError => broken(`a ${event.case} for part ${event.value.part}, which is of another kind`);
    switch (event.case) {
      case "textDelta":
        if (kind.case !== "text") throw wrong();
        kind.value.text += event.value.text;
        return this.#text(entry, event.value.text);
      case "refusalDelta":
        if (kind.case !== "refusal") throw wrong();
        kind.value.text += event.value.text;
        return this.#refusal(entry, event.value.text);
      case "audioDelta":
        if (kind.case !== "audio") throw wrong();
        kind.value.transcript = (kind.value.transcript ?? "") + event.value.transcript;
        return this.#text(entry, event.value.transcript);
      case "toolCallDelta":
        if (kind.case !== "toolCall") throw wrong();
        kind.value.arguments += event.value.arguments;
        return this.#arguments(entry, event.value.arguments);
      case "citationAdd":
        if (kind.case !== "text" || event.value.citation === undefined) throw wrong();
        kind.value.citations.push(event.value.citation);
        return this.#cite(entry, event.value.citation);
      default: {
        if (kind.case !== "reasoning") throw wrong();
        const { text, signature, encryptedContent } = event.value;
        kind.value.text += text;
        if (signature !== undefined) kind.value.signature = (kind.value.signature ?? "") + signature;
        if (encryptedContent !== undefined) kind.value.encryptedContent = encryptedContent;
        return this.#reasoning(entry, text);
      }
    }
  }

  /** Log probabilities, which belong to the text that came last. */
  tokens(tokens: readonly TokenLogprob[]): string {
    const entry = this.#parts.findLast(({ content }) => content.kind.case === "text");
    if (entry === undefined || tokens.length === 0) return "";
    entry.tokens.push(...tokens);
    if (entry.ended) return "";
    return this.#piece(entry, "response.output_text.delta", { delta: "", logprobs: encodeTokens(tokens) });
  }

  /** Whether a part is open. */
  get open(): boolean {
    return this.#items.some(({ open }) => open > 0);
  }

  /** Ends every item. Those with open parts are told to be incomplete. */
  close(): string {
    let text = "";
    for (const entry of this.#parts) if (!entry.ended) text += this.#end(entry, "incomplete");
    for (const item of this.#items) {
      if (item.done === undefined) text += this.#finishItem(item, "completed");
      // What came after the item's end, such as late log probabilities, is told by the whole answer.
      if (item.kind === "message") item.done = this.#itemOf(item, String(item.done?.status ?? "completed"));
    }
    return text;
  }

  #begin(number: number, given: Part): string {
    if (number !== this.#parts.length) throw broken(`part ${number} begins after ${this.#parts.length} parts`);
    const content = ownCopy(given);
    const kind = itemKindOf(content);
    const last = this.#items.at(-1);
    let text = "";
    let item =
      last?.kind === "message" && last.joinable && kind === "message" && !beginsMessage(content) ? last : undefined;
    if (item === undefined) {
      text = this.#leave();
      item = this.#addItem(kind, content);
    }
    const entry: Entry = {
      item,
      content,
      at: item.parts.length,
      tokens: [],
      annotations: 0,
      begun: false,
      ended: false,
    };
    item.open += 1;
    item.parts.push(entry);
    this.#parts.push(entry);
    if (item.parts.length === 1) text += this.#added(entry);
    return text + this.#said(entry);
  }

  /** Something else begins: no further text joins the message that came last, and it ends with its texts. */
  #leave(): string {
    const last = this.#items.at(-1);
    if (last === undefined || !last.joinable) return "";
    last.joinable = false;
    return last.open === 0 ? this.#finishItem(last, "completed") : "";
  }

  #addItem(kind: ItemKind, content: Part): Item {
    const index = this.#items.length;
    const form = formOf(content);
    const noted = kind === "message" ? (form.item as JsonObject | undefined)?.id : form.id;
    const value = content.kind.case === "opaque" && kind === "opaque" ? content.kind.value.value?.id : undefined;
    const known = noted ?? value;
    const id = typeof known === "string" && kind !== "sealed" ? known : itemId(kind, this.#base, index);
    const item: Item = { kind, index, id, parts: [], open: 0, joinable: kind === "message", done: undefined };
    this.#items.push(item);
    return item;
  }

  #added({ item, content }: Entry): string {
    return this.#write("response.output_item.added", { output_index: item.index, item: begun(item, content) });
  }

  /** What the start of a part says by itself. */
  #said(entry: Entry): string {
    const { kind } = entry.content;
    switch (kind.case) {
      case "text":
      case "audio": {
        const said = kind.case === "text" ? kind.value.text : (kind.value.transcript ?? "");
        const cited = kind.case === "text" ? kind.value.citations : [];
        const added = this.#pieceAdded(entry, { type: "output_text", text: "", annotations: [], logprobs: [] });
        return cited.reduce((text, citation) => text + this.#cite(entry, citation), added + this.#text(entry, said));
      }
      case "refusal":
        return this.#pieceAdded(entry, { type: "refusal", refusal: "" }) + this.#refusal(entry, kind.value.text);
      case "toolCall":
        return this.#arguments(entry, kind.value.arguments);
      case "reasoning":
        return this.#reasoning(entry, kind.value.text);
      case "opaque":
        return entry.item.kind === "message" ? this.#pieceAdded(entry, { ...kind.value.value }) : "";
      default:
        return "";
    }
  }

  #pieceAdded(entry: Entry, part: JsonObject): string {
    return this.#place(entry, "response.content_part.added", { part });
  }

  #text(entry: Entry, text: string): string {
    return text === "" ? "" : this.#piece(entry, "response.output_text.delta", { delta: text, logprobs: [] });
  }

  #refusal(entry: Entry, text: string): string {
    return text === "" ? "" : this.#piece(entry, "response.refusal.delta", { delta: text });
  }

  #cite(entry: Entry, citation: Citation): string {
    const annotation = encodeAnnotation(citation, formOf(entry.content).type !== "output_text");
    if (annotation === undefined) return "";
    entry.annotations += 1;
    return this.#piece(entry, "response.output_text.annotation.added", {
      annotation_index: entry.annotations - 1,
      annotation,
    });
  }

  #arguments({ item }: Entry, delta: string): string {
    if (delta === "") return "";
    const type =
      item.kind === "custom_tool_call"
        ? "response.custom_tool_call_input.delta"
        : "response.function_call_arguments.delta";
    return this.#write(type, { item_id: item.id, output_index: item.index, delta });
  }

  /** Reasoning is told as a summary, which all clients show; as content where it was content. */
  #reasoning(entry: Entry, delta: string): string {
    if (delta === "") return "";
    const content = inContent(entry);
    let text = "";
    if (!entry.begun) {
      entry.begun = true;
      text = content
        ? this.#place(entry, "response.content_part.added", { part: { type: "reasoning_text", text: "" } })
        : this.#summary(entry, "part.added", { part: { type: "summary_text", text: "" } });
    }
    return (
      text +
      (content
        ? this.#place(entry, "response.reasoning_text.delta", { delta })
        : this.#summary(entry, "text.delta", { delta }))
    );
  }

  #summary({ item }: Entry, what: string, members: JsonObject): string {
    return this.#write(`response.reasoning_summary_${what}`, {
      item_id: item.id,
      output_index: item.index,
      summary_index: 0,
      ...members,
    });
  }

  /** An event of a piece of content. */
  #place({ item, at }: Entry, type: string, members: JsonObject): string {
    return this.#write(type, { item_id: item.id, output_index: item.index, content_index: at, ...members });
  }

  #piece(entry: Entry, type: string, members: JsonObject): string {
    return this.#place(entry, type, members);
  }

  #end(entry: Entry, status = "completed"): string {
    entry.ended = true;
    const { item } = entry;
    item.open -= 1;
    let text = this.#ended(entry);
    if (item.open === 0 && !item.joinable) text += this.#finishItem(item, status);
    else if (status !== "completed" && item.open === 0) text += this.#finishItem(item, status);
    return text;
  }

  #ended(entry: Entry): string {
    const { item, content } = entry;
    const { kind } = content;
    switch (item.kind) {
      case "message": {
        const part = this.#pieceOf(entry);
        const whole = this.#place(entry, "response.content_part.done", { part });
        if (kind.case === "opaque") return whole;
        if (kind.case === "refusal")
          return this.#place(entry, "response.refusal.done", { refusal: kind.value.text }) + whole;
        return (
          this.#place(entry, "response.output_text.done", {
            text: part.text as JsonValue,
            logprobs: encodeTokens(entry.tokens),
          }) + whole
        );
      }
      case "function_call":
      case "custom_tool_call":
        return this.#callEnded(entry);
      case "reasoning":
      case "sealed":
        return this.#reasoningEnded(entry);
      default:
        return "";
    }
  }

  #callEnded({ item, content }: Entry): string {
    if (content.kind.case !== "toolCall") return "";
    const { name, arguments: args } = content.kind.value;
    const place = { item_id: item.id, output_index: item.index };
    if (item.kind === "custom_tool_call") {
      return this.#write("response.custom_tool_call_input.done", { ...place, input: args });
    }
    // A tool without arguments never had a delta; clients parse what came, and "" is not JSON.
    const none = args === "" ? this.#write("response.function_call_arguments.delta", { ...place, delta: "{}" }) : "";
    if (none !== "") content.kind.value.arguments = "{}";
    return none + this.#write("response.function_call_arguments.done", { ...place, name, arguments: args || "{}" });
  }

  #reasoningEnded(entry: Entry): string {
    const { kind } = entry.content;
    if (kind.case !== "reasoning" || !entry.begun) return "";
    const { text } = kind.value;
    if (inContent(entry)) {
      const part = { type: "reasoning_text", text };
      return (
        this.#place(entry, "response.reasoning_text.done", { text }) +
        this.#place(entry, "response.content_part.done", { part })
      );
    }
    const part = { type: "summary_text", text };
    return this.#summary(entry, "text.done", { text }) + this.#summary(entry, "part.done", { part });
  }

  #finishItem(item: Item, status: string): string {
    item.joinable = false;
    item.done = this.#itemOf(item, status);
    return this.#write("response.output_item.done", { output_index: item.index, item: item.done });
  }

  #itemOf(item: Item, status: string): JsonObject {
    if (item.kind !== "message") return singleItem((item.parts[0] as Entry).content, item.kind, headOf(item, status));
    const whole = messageItem(
      item.parts.map(({ content }) => content),
      headOf(item, status),
      ANSWER,
      () => "",
    );
    return { ...whole, content: item.parts.map((entry) => this.#pieceOf(entry)) };
  }

  #pieceOf({ content, tokens }: Entry): JsonObject {
    const text = content.kind.case === "audio" ? (content.kind.value.transcript ?? "") : undefined;
    const piece =
      text === undefined ? encodePiece(content, "", ANSWER) : { type: "output_text", text, annotations: [] };
    if (piece === undefined || piece.type !== "output_text") return piece ?? {};
    return { ...piece, annotations: piece.annotations ?? [], logprobs: encodeTokens(tokens) };
  }
}

/** Reasoning has no state of its own on this wire. */
function headOf({ kind, id }: Item, status: string) {
  return { id, status: kind === "reasoning" || kind === "sealed" ? undefined : status };
}

/** An item as the event that begins it tells it. */
function begun(item: Item, content: Part): JsonObject {
  if (item.kind === "message")
    return { ...messageItem([content], headOf(item, "in_progress"), ANSWER, () => ""), content: [] };
  if (item.kind === "sealed") return { type: "reasoning", id: item.id, summary: [] };
  const { kind } = content;
  if (kind.case === "toolCall") {
    const { arguments: _, input: __, ...head } = singleItem(content, item.kind, headOf(item, "in_progress"));
    return { ...head, status: "in_progress", [item.kind === "function_call" ? "arguments" : "input"]: "" };
  }
  if (kind.case !== "reasoning") return singleItem(content, item.kind, headOf(item, "in_progress"));
  const { encrypted_content: _, ...head } = singleItem(content, item.kind, headOf(item, "in_progress"));
  return formOf(content).voice === "content" ? { ...head, summary: [], content: [] } : { ...head, summary: [] };
}

function inContent({ item, content }: Entry): boolean {
  return item.kind === "reasoning" && formOf(content).voice === "content";
}

/** Deltas write to the fields of the part's kind and add to its citations: those are copied, all else is shared. */
function ownCopy(part: Part): Part {
  const { kind } = part;
  if (kind.case === undefined) return part;
  if (kind.case === "text") {
    return { ...part, kind: { case: "text", value: { ...kind.value, citations: [...kind.value.citations] } } };
  }
  return { ...part, kind: { case: kind.case, value: { ...kind.value } } as Part["kind"] };
}

/** The error for events that do not make an answer. */
export function broken(what: string): ParlanceError {
  return new ParlanceError("provider_error", `The provider's stream is out of order: ${what}.`);
}
