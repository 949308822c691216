import {
  asExtensions,
  type Chunk,
  chunks,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  ToolKind,
} from "@parlance/sdk";
import { callArguments, mayBeNull } from "./call-arguments.js";
import { contentIndexOf, decodeCitation, isOfText } from "./citations.js";
import { planPart } from "./plan.js";
import { DIALECT, isString } from "./wire.js";

/** Words that have begun and not ended. */
type Open = { readonly kind: "text" | "reasoning"; readonly index: number } | { readonly kind: "plan" };

/** A call that has begun and not ended. `held`: arguments that may still turn out to be none. */
interface OpenCall {
  readonly part: number;
  held: string | undefined;
}

/** The parts of a streamed answer: words one after another, and calls, of which several may be told by turns. */
export class StreamParts {
  #count = 0;
  #open: Open | undefined;
  /** Number of the part that began last: that of the open words, for all that begins ends them. */
  get #part(): number {
    return this.#count - 1;
  }

  /** By the number that their events have. */
  readonly #calls = new Map<number, OpenCall>();
  /** Citations of what is no open text: of a plan, or of a text that has ended. */
  readonly #citations: JsonValue[] = [];

  beginContent(index: number, content: JsonValue | undefined, out: Chunk[]): void {
    this.#close(out);
    if (!isObject(content)) return;
    const { type } = content;
    if (type !== "text" && type !== "thinking") {
      this.#start(out, { kind: { case: "opaque", value: { dialect: DIALECT, value: content } } });
      out.push(chunks.partEnd(0, this.#count - 1));
      return;
    }
    this.#beginWords(index, type, out);
    this.addContent(index, content, out);
  }

  addContent(index: number, content: JsonValue | undefined, out: Chunk[]): void {
    if (!isObject(content)) return;
    const { text, thinking } = content;
    if (isString(thinking) && thinking !== "") {
      if (this.#open?.kind !== "reasoning") this.#beginWords(index, "thinking", out);
      out.push(chunks.reasoningDelta(0, this.#part, thinking));
    }
    if (isString(text) && text !== "") {
      if (this.#open?.kind !== "text") this.#beginWords(index, "text", out);
      out.push(chunks.textDelta(0, this.#part, text));
    }
  }

  endContent(out: Chunk[]): void {
    if (this.#open?.kind === "text" || this.#open?.kind === "reasoning") this.#close(out);
  }

  addPlan(text: JsonValue | undefined, out: Chunk[]): void {
    if (!isString(text) || text === "") return;
    if (this.#open?.kind !== "plan") {
      this.#close(out);
      this.#start(out, planPart(""));
      this.#open = { kind: "plan" };
    }
    out.push(chunks.reasoningDelta(0, this.#part, text));
  }

  beginCall(index: number, call: JsonValue | undefined, out: Chunk[]): void {
    this.#close(out);
    this.endCall(index, out);
    const { id, type, function: inner, ...fields } = isObject(call) ? call : {};
    const { name, arguments: _, ...further } = isObject(inner) ? inner : {};
    if (type !== undefined && type !== null && type !== "function") fields.type = type;
    for (const __ in further) fields.function = further;
    const extensions = asExtensions(DIALECT, fields);
    const value = {
      id: isString(id) ? id : "",
      name: isString(name) ? name : "",
      arguments: "",
      kind: ToolKind.FUNCTION,
    };
    this.#start(out, { kind: { case: "toolCall", value }, ...(extensions && { extensions }) });
    this.#calls.set(index, { part: this.#count - 1, held: "" });
    this.addArguments(index, call, out);
  }

  addArguments(index: number, call: JsonValue | undefined, out: Chunk[]): void {
    const inner = isObject(call) ? call.function : undefined;
    const text = isObject(inner) ? inner.arguments : undefined;
    if (!isString(text) || text === "") return;
    const open = this.#calls.get(index);
    if (open === undefined) {
      throw new ParlanceError("malformed_answer", "The provider's stream holds arguments of a call that is not open.");
    }
    if (open.held === undefined) {
      out.push(chunks.toolCallDelta(0, open.part, text));
      return;
    }
    open.held += text;
    if (mayBeNull(open.held)) return;
    out.push(chunks.toolCallDelta(0, open.part, open.held));
    open.held = undefined;
  }

  endCall(index: number, out: Chunk[]): void {
    const open = this.#calls.get(index);
    if (open === undefined) return;
    this.#calls.delete(index);
    if (open.held !== undefined) out.push(chunks.toolCallDelta(0, open.part, callArguments(open.held)));
    out.push(chunks.partEnd(0, open.part));
  }

  /** A citation goes onto the open text; of anything else it is kept for the end. */
  cite(value: JsonValue | undefined, out: Chunk[]): void {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!isObject(one)) continue;
      const at = contentIndexOf(one);
      const open = this.#open;
      if (isOfText(one) && open?.kind === "text" && (at === undefined || at === open.index)) {
        out.push(chunks.citationAdd(0, this.#part, decodeCitation(one)));
      } else this.#citations.push(one);
    }
  }

  /** Ends what is open; gives the fields of the message that only this dialect has. */
  end(out: Chunk[]): JsonObject {
    this.#close(out);
    for (const index of this.#calls.keys()) this.endCall(index, out);
    return this.#citations.length > 0 ? { citations: this.#citations } : {};
  }

  #beginWords(index: number, type: "text" | "thinking", out: Chunk[]): void {
    this.#close(out);
    const thinks = type === "thinking";
    this.#start(
      out,
      thinks
        ? { kind: { case: "reasoning", value: { text: "", dialect: DIALECT } } }
        : { kind: { case: "text", value: { text: "" } } },
    );
    this.#open = { kind: thinks ? "reasoning" : "text", index };
  }

  #start(out: Chunk[], content: Parameters<typeof chunks.partStart>[2]): void {
    out.push(chunks.partStart(0, this.#count, content));
    this.#count += 1;
  }

  #close(out: Chunk[]): void {
    if (this.#open === undefined) return;
    out.push(chunks.partEnd(0, this.#part));
    this.#open = undefined;
  }
}
