import { type Chunk, chunks, isObject, type JsonObject, type JsonValue, ToolKind } from "@parlance/sdk";
import { callArguments, mayBeNull } from "./call-arguments.js";
import { contentIndexOf, decodeCitation, isOfText } from "./citations.js";
import { planPart } from "./plan.js";
import { DIALECT, isString } from "./wire.js";

/** A part that has begun and not ended. */
type Open =
  | { readonly kind: "text" | "reasoning"; readonly index: number }
  | { readonly kind: "plan" }
  /** `held`: arguments that may still turn out to be none. */
  | { readonly kind: "call"; held: string | undefined };

/** The parts of a streamed answer, one after another. */
export class StreamParts {
  #count = 0;
  #open: Open | undefined;
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
      out.push(chunks.reasoningDelta(0, this.#count - 1, thinking));
    }
    if (isString(text) && text !== "") {
      if (this.#open?.kind !== "text") this.#beginWords(index, "text", out);
      out.push(chunks.textDelta(0, this.#count - 1, text));
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
    out.push(chunks.reasoningDelta(0, this.#count - 1, text));
  }

  beginCall(call: JsonValue | undefined, out: Chunk[]): void {
    this.#close(out);
    const { id, function: inner } = isObject(call) ? call : {};
    const { name } = isObject(inner) ? inner : {};
    const value = {
      id: isString(id) ? id : "",
      name: isString(name) ? name : "",
      arguments: "",
      kind: ToolKind.FUNCTION,
    };
    this.#start(out, { kind: { case: "toolCall", value } });
    this.#open = { kind: "call", held: "" };
    this.addArguments(call, out);
  }

  addArguments(call: JsonValue | undefined, out: Chunk[]): void {
    const inner = isObject(call) ? call.function : undefined;
    const text = isObject(inner) ? inner.arguments : undefined;
    const open = this.#open;
    if (!isString(text) || text === "" || open?.kind !== "call") return;
    if (open.held === undefined) {
      out.push(chunks.toolCallDelta(0, this.#count - 1, text));
      return;
    }
    open.held += text;
    if (mayBeNull(open.held)) return;
    out.push(chunks.toolCallDelta(0, this.#count - 1, open.held));
    open.held = undefined;
  }

  endCall(out: Chunk[]): void {
    if (this.#open?.kind === "call") this.#close(out);
  }

  /** A citation goes onto the open text; of anything else it is kept for the end. */
  cite(value: JsonValue | undefined, out: Chunk[]): void {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!isObject(one)) continue;
      const at = contentIndexOf(one);
      const open = this.#open;
      if (isOfText(one) && open?.kind === "text" && (at === undefined || at === open.index)) {
        out.push(chunks.citationAdd(0, this.#count - 1, decodeCitation(one)));
      } else this.#citations.push(one);
    }
  }

  /** Ends what is open; gives the fields of the message that only this dialect has. */
  end(out: Chunk[]): JsonObject {
    this.#close(out);
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
    const open = this.#open;
    if (open === undefined) return;
    if (open.kind === "call" && open.held !== undefined) {
      out.push(chunks.toolCallDelta(0, this.#count - 1, callArguments(open.held)));
    }
    out.push(chunks.partEnd(0, this.#count - 1));
    this.#open = undefined;
  }
}
