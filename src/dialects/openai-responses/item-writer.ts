import { type Chunk, isObject, type JsonObject, ParlanceError, type Part, type TokenLogprob } from "../../sdk/index.js";
import { beginsMessage, type ItemKind, itemKindOf, messageItem, singleItem } from "./item-encode.js";
import { formOf } from "./own.js";
import {
  cite,
  type Entry,
  type Item,
  pieceOf,
  saidByEnd,
  saidByStart,
  tellArguments,
  tellReasoning,
  tellRefusal,
  tellText,
  tellTokens,
  type Write,
} from "./part-events.js";
import { ANSWER, itemId } from "./response-encode.js";

/** An event of a part, as `completion.proto` has them. */
type PartEvent = Extract<Chunk["event"], { value: { part: number } }>;

/**
 * Writes parts as items of the output, in the order in which they begin. A message stays open until something else
 * begins, since further texts are pieces of it; items may be open side by side, told apart by `output_index`. An event
 * that does not fit what came before is refused.
 */
export class ItemWriter {
  readonly #base: string;
  readonly #write: Write;
  readonly #parts: Entry[] = [];
  readonly #items: Item[] = [];

  /** `base`: what ids are made of. `write`: the wire text of an event, with its number. */
  constructor(base: string, write: Write) {
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
        return tellText(entry, this.#write, event.value.text);
      case "refusalDelta":
        if (kind.case !== "refusal") throw wrong();
        kind.value.text += event.value.text;
        return tellRefusal(entry, this.#write, event.value.text);
      case "audioDelta":
        if (kind.case !== "audio") throw wrong();
        kind.value.transcript = (kind.value.transcript ?? "") + event.value.transcript;
        return tellText(entry, this.#write, event.value.transcript);
      case "toolCallDelta":
        if (kind.case !== "toolCall") throw wrong();
        kind.value.arguments += event.value.arguments;
        return tellArguments(entry, this.#write, event.value.arguments);
      case "citationAdd":
        if (kind.case !== "text" || event.value.citation === undefined) throw wrong();
        kind.value.citations.push(event.value.citation);
        return cite(entry, this.#write, event.value.citation);
      default: {
        if (kind.case !== "reasoning") throw wrong();
        const { text, signature, encryptedContent } = event.value;
        kind.value.text += text;
        if (signature !== undefined) kind.value.signature = (kind.value.signature ?? "") + signature;
        if (encryptedContent !== undefined) kind.value.encryptedContent = encryptedContent;
        return tellReasoning(entry, this.#write, text);
      }
    }
  }

  /** Log probabilities, which belong to the text that came last. */
  tokens(tokens: readonly TokenLogprob[]): string {
    const entry = this.#parts.findLast(({ content }) => content.kind.case === "text");
    if (entry === undefined || tokens.length === 0) return "";
    entry.tokens.push(...tokens);
    if (entry.ended) return "";
    return tellTokens(entry, this.#write, tokens);
  }

  /** Whether a part is open. */
  get open(): boolean {
    return this.#items.some(({ open }) => open > 0);
  }

  /** Ends every item: the message that was open with `status`, what has open parts as incomplete. */
  close(status: string): string {
    let text = "";
    for (const entry of this.#parts) if (!entry.ended) text += this.#end(entry, "incomplete");
    for (const item of this.#items) {
      if (item.done === undefined) text += this.#finishItem(item, status);
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
      head: undefined,
      begun: false,
      ended: false,
    };
    item.open += 1;
    item.parts.push(entry);
    this.#parts.push(entry);
    if (item.parts.length === 1) text += this.#added(entry);
    return text + saidByStart(entry, this.#write);
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
    const noted = kind !== "message" ? form.id : isObject(form.item) ? form.item.id : undefined;
    const value = content.kind.case === "opaque" && kind === "opaque" ? content.kind.value.value?.id : undefined;
    const known = noted ?? value;
    const id = typeof known === "string" && kind !== "sealed" ? known : itemId(kind, this.#base, index);
    const item: Item = { kind, index, id, parts: [], open: 0, joinable: kind === "message", done: undefined };
    this.#items.push(item);
    return item;
  }

  #added({ item, content }: Entry): string {
    return this.#write.event("response.output_item.added", { output_index: item.index, item: begun(item, content) });
  }

  #end(entry: Entry, status = "completed"): string {
    entry.ended = true;
    const { item } = entry;
    item.open -= 1;
    let text = saidByEnd(entry, this.#write);
    if (item.open === 0 && !item.joinable) text += this.#finishItem(item, status);
    else if (status !== "completed" && item.open === 0) text += this.#finishItem(item, status);
    return text;
  }

  #finishItem(item: Item, status: string): string {
    item.joinable = false;
    item.done = this.#itemOf(item, status);
    return this.#write.event("response.output_item.done", { output_index: item.index, item: item.done });
  }

  #itemOf(item: Item, status: string): JsonObject {
    if (item.kind !== "message") {
      const single = singleItem((item.parts[0] as Entry).content, item.kind, headOf(item, status));
      // Its events have named it, although its provider gave it no name.
      return item.kind === "opaque" ? single : { ...single, id: item.id };
    }
    const whole = messageItem(
      item.parts.map(({ content }) => content),
      headOf(item, status),
      ANSWER,
      () => "",
    );
    return { ...whole, id: item.id, content: item.parts.map((entry) => pieceOf(entry)) };
  }
}

/** Reasoning has no state of its own on this wire. */
function headOf({ kind, id }: Item, status: string) {
  return { id, status: kind === "reasoning" || kind === "sealed" ? undefined : status };
}

/** An item as the event that begins it tells it. */
function begun(item: Item, content: Part): JsonObject {
  if (item.kind === "message")
    return { ...messageItem([content], headOf(item, "in_progress"), ANSWER, () => ""), id: item.id, content: [] };
  if (item.kind === "sealed") return { type: "reasoning", id: item.id, summary: [] };
  const { kind } = content;
  if (kind.case === "toolCall") {
    const { arguments: _, input: __, ...head } = singleItem(content, item.kind, headOf(item, "in_progress"));
    return { ...head, id: item.id, status: "in_progress", [item.kind === "function_call" ? "arguments" : "input"]: "" };
  }
  if (kind.case !== "reasoning") return singleItem(content, item.kind, headOf(item, "in_progress"));
  const { encrypted_content: _, ...head } = singleItem(content, item.kind, headOf(item, "in_progress"));
  return formOf(content).voice === "content"
    ? { ...head, id: item.id, summary: [], content: [] }
    : { ...head, id: item.id, summary: [] };
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
  return new ParlanceError("malformed_answer", `The provider's stream is out of order: ${what}.`);
}
