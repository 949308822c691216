import {
  type Chunk,
  chunks,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Part,
  textOf,
} from "../../sdk/index.js";
import { parsedInput } from "./answer-block.js";
import { asArray, asObject, isString } from "./checks.js";
import { decodeCitation } from "./citations.js";
import { fieldsOf, formOf } from "./own.js";
import { decodePart, opaque } from "./part-decode.js";
import { isHiddenCall } from "./response-decode.js";
import { DIALECT } from "./wire.js";

/** A block that has begun and not ended. */
interface OpenBlock {
  readonly kind: "text" | "thinking" | "call" | "hidden" | "sealed" | "opaque";
  /** Number of the part; -1 while an opaque block is collected, since parts begin in the order of their numbers. */
  readonly part: number;
  /** What the start said of a call's input, to be told if no delta does; the block itself where it is collected. */
  readonly said: JsonObject;
  /** Streamed input so far, of blocks that are collected. */
  input: string;
  /** Whether a delta has told something of the input. */
  told: boolean;
}

/** Follows the content blocks of a stream and tells them as parts. Throws `invalid_request` for events out of order. */
export class BlockStream {
  readonly #open = new Map<number, OpenBlock>();
  #parts = 0;
  /** Whether the answer came through the hidden tool. */
  answered = false;

  start(event: JsonObject, out: Chunk[]): void {
    const index = this.#index(event.index);
    const block = asObject(event.content_block, "content_block");
    if (this.#open.has(index)) throw invalid("index", `content block ${index} begins twice`);
    this.#open.set(index, this.#begin(block, out));
  }

  delta(event: JsonObject, out: Chunk[]): void {
    const block = this.#open.get(this.#index(event.index));
    if (block === undefined)
      throw invalid("index", `a delta for content block ${String(event.index)}, which is not open`);
    const delta = asObject(event.delta, "delta");
    if (block.kind === "opaque" || block.kind === "sealed") {
      collect(block, delta);
      return;
    }
    const { part } = block;
    switch (delta.type) {
      case "text_delta":
        if (isString(delta.text)) out.push(chunks.textDelta(0, part, delta.text));
        break;
      case "thinking_delta":
        if (isString(delta.thinking)) out.push(chunks.reasoningDelta(0, part, delta.thinking));
        break;
      case "signature_delta":
        if (isString(delta.signature)) out.push(chunks.reasoningDelta(0, part, "", delta.signature));
        break;
      case "citations_delta":
        out.push(chunks.citationAdd(0, part, decodeCitation(delta.citation as JsonValue, "delta.citation")));
        break;
      case "input_json_delta":
        // The first piece is always empty.
        if (!isString(delta.partial_json) || delta.partial_json === "") break;
        block.told = true;
        out.push(
          block.kind === "hidden"
            ? chunks.textDelta(0, part, delta.partial_json)
            : chunks.toolCallDelta(0, part, delta.partial_json),
        );
        break;
      default:
        // A delta of a type that is not known yet may still bring words of the block.
        if (block.kind === "text" && isString(delta.text)) out.push(chunks.textDelta(0, part, delta.text));
        if (block.kind === "thinking" && isString(delta.thinking)) {
          out.push(chunks.reasoningDelta(0, part, delta.thinking));
        }
    }
  }

  stop(value: JsonValue | undefined, out: Chunk[]): void {
    const index = this.#index(value);
    const block = this.#open.get(index);
    if (block === undefined) return;
    this.#open.delete(index);
    this.#end(block, out);
  }

  /** Ends what is open, in order. */
  close(out: Chunk[]): void {
    for (const block of this.#open.values()) this.#end(block, out);
    this.#open.clear();
  }

  /** Blocks that come whole. */
  whole(content: readonly JsonValue[], out: Chunk[]): void {
    for (const value of content) {
      const block = this.#begin(asObject(value, "content_block"), out);
      this.#end(block, out);
    }
  }

  #index(value: JsonValue | undefined): number {
    if (typeof value === "number") return value;
    throw invalid("index", "index must be a number");
  }

  #begin(block: JsonObject, out: Chunk[]): OpenBlock {
    const start = (kind: OpenBlock["kind"], content: Part): OpenBlock => {
      const part = this.#parts;
      this.#parts += 1;
      out.push(chunks.partStart(0, part, content));
      return { kind, part, said: block, input: "", told: false };
    };
    switch (block.type) {
      case "text": {
        const { text, citations, ...rest } = block;
        const content = decodePart({ ...rest, text: isString(text) ? text : "" }, "content_block");
        const open = start("text", onlyBegun(content));
        for (const citation of Array.isArray(citations) ? asArray(citations, "citations") : []) {
          out.push(chunks.citationAdd(0, open.part, decodeCitation(citation, "content_block.citation")));
        }
        return open;
      }
      case "thinking": {
        const { signature, ...rest } = block;
        const sealed = isString(signature) && signature !== "" ? { signature } : {};
        return start(
          "thinking",
          decodePart({ ...rest, ...sealed, thinking: isString(rest.thinking) ? rest.thinking : "" }, "content_block"),
        );
      }
      case "redacted_thinking":
        return start("sealed", decodePart(block, "content_block"));
      case "tool_use": {
        if (isHiddenCall(block)) {
          this.answered = true;
          return start("hidden", onlyBegun(decodePart({ type: "text", text: "" }, "content_block")));
        }
        const content = decodePart({ ...block, input: {} }, "content_block");
        if (content.kind.case === "toolCall") content.kind.value.arguments = "";
        return start("call", content);
      }
      default:
        return { kind: "opaque", part: -1, said: { ...block }, input: "", told: false };
    }
  }

  #end(block: OpenBlock, out: Chunk[]): void {
    let { part } = block;
    if (block.kind === "opaque") {
      part = this.#parts;
      this.#parts += 1;
      out.push(chunks.partStart(0, part, collected(block)));
    } else if ((block.kind === "call" || block.kind === "hidden") && !block.told) {
      // A tool without arguments has no delta, and "" is not JSON; some servers tell the input with the start.
      const text = isObject(block.said.input) ? textOf(block.said.input) : "{}";
      out.push(block.kind === "hidden" ? chunks.textDelta(0, part, text) : chunks.toolCallDelta(0, part, text));
    }
    out.push(chunks.partEnd(0, part));
  }
}

/** A text that has only begun is not noted as one that is empty. */
function onlyBegun(part: Part): Part {
  const form = formOf(part);
  if (form.empty !== true) return part;
  const { extensions: _, ...bare } = part;
  const fields = fieldsOf(part);
  return Object.keys(fields).length === 0 ? bare : { ...bare, extensions: { [DIALECT]: fields } };
}

/** Adds a delta to a block that only this dialect knows: every text that it brings goes on with the member of its name. */
function collect(block: OpenBlock, delta: JsonObject): void {
  if (delta.type === "input_json_delta") {
    if (isString(delta.partial_json)) block.input += delta.partial_json;
    return;
  }
  for (const name in delta) {
    if (name === "type") continue;
    const before = block.said[name];
    const value = delta[name] as JsonValue;
    block.said[name] = isString(before) && isString(value) ? before + value : value;
  }
}

function collected({ said, input }: OpenBlock): Part {
  if (input === "") return opaque(said);
  const { value, exact } = parsedInput(input);
  const part = opaque({ ...said, input: value });
  if (exact !== undefined) part.extensions = { [DIALECT]: { $form: { input: exact } } };
  return part;
}
