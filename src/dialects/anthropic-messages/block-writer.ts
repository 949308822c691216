import { type Chunk, type JsonObject, type Part, stringifyExact, ToolKind, writeSse } from "../../sdk/index.js";
import { answerInput, encodeAnswerBlock, sealOf } from "./answer-block.js";
import { writeCitation } from "./citations.js";
import { DIALECT } from "./wire.js";

/** An event of a part, as `completion.proto` has them. */
type PartEvent = Extract<Chunk["event"], { value: { part: number } }>;

type Kind = "text" | "thinking" | "call" | "free" | "whole";

/** A part that has begun and is not ended. */
interface OpenPart {
  readonly kind: Kind;
  readonly content: Part;
  /** Events that wait until the block before is ended. */
  readonly waiting: PartEvent[];
  /** Text of a call with free text, which is JSON only as a whole. */
  free: string;
  /** Whether what its start says is written. */
  begun: boolean;
}

/**
 * Writes parts as content blocks, numbered from 0 without a gap and one at a time, as the wire has them. Texts and
 * reasoning are cut where another part comes between, and go on in a new block; of calls that come side by side, one is
 * written and the others wait. A block is begun with its first content, so that what says nothing leaves no trace.
 */
export class BlockWriter {
  readonly #parts = new Map<number, OpenPart>();
  /** Part whose block is open. */
  #current: number | undefined;
  #index = -1;
  /** Whether the caller was asked to run a tool. */
  calls = false;

  write(event: PartEvent): string {
    const { part } = event.value;
    if (event.case === "partStart")
      return event.value.content === undefined ? "" : this.#begin(part, event.value.content);
    const open = this.#parts.get(part);
    if (open === undefined) return "";
    const busy = this.#busyWith();
    if (busy !== undefined && busy !== part) {
      open.waiting.push(event);
      return "";
    }
    return this.#apply(part, open, event);
  }

  /** Ends everything that is open, what waited included. */
  close(): string {
    const busy = this.#busyWith();
    const call = busy === undefined ? undefined : this.#parts.get(busy);
    let text = call === undefined ? "" : this.#end(busy as number, call) + this.#next();
    for (const [part, open] of Array.from(this.#parts)) {
      text += this.#drain(part, open);
      if (this.#parts.has(part)) text += this.#end(part, open);
    }
    return text + this.#closeBlock();
  }

  /** The call that must end before another block may begin. */
  #busyWith(): number | undefined {
    if (this.#current === undefined) return undefined;
    return this.#parts.get(this.#current)?.kind === "call" ? this.#current : undefined;
  }

  #begin(part: number, content: Part): string {
    const open: OpenPart = { kind: kindOf(content), content, waiting: [], free: "", begun: false };
    this.#parts.set(part, open);
    if (open.kind === "call" || open.kind === "free") this.calls = true;
    if (this.#busyWith() === undefined) return this.#said(part, open);
    return "";
  }

  /** What the start of a part says by itself. */
  #said(part: number, open: OpenPart): string {
    open.begun = true;
    const { kind } = open.content;
    switch (open.kind) {
      case "call": {
        if (kind.case !== "toolCall") return "";
        const { input: _, ...head } = encodeAnswerBlock(open.content) ?? {};
        const begun = this.#openBlock(part, { ...head, input: {} });
        return kind.value.arguments === ""
          ? begun
          : begun + this.#delta({ type: "input_json_delta", partial_json: kind.value.arguments });
      }
      case "free":
        if (kind.case === "toolCall") open.free = kind.value.arguments;
        return "";
      case "text": {
        const text = kind.case === "text" || kind.case === "refusal" ? kind.value.text : transcriptOf(open.content);
        const cited = kind.case === "text" ? kind.value.citations : [];
        const said = text === "" ? "" : this.#text(part, text);
        return cited.reduce((out, citation) => out + this.#cite(part, writeCitation(citation)), said);
      }
      case "thinking": {
        if (kind.case !== "reasoning") return "";
        const said = kind.value.text === "" ? "" : this.#thinking(part, kind.value.text);
        const signature = kind.value.dialect === DIALECT ? kind.value.signature : sealOf(open.content);
        return signature ? said + this.#sign(part, signature) : said;
      }
      default:
        return this.#whole(part, encodeAnswerBlock(open.content));
    }
  }

  #apply(part: number, open: OpenPart, event: PartEvent): string {
    switch (event.case) {
      case "textDelta":
      case "refusalDelta":
        return event.value.text === "" ? "" : this.#text(part, event.value.text);
      case "audioDelta":
        return event.value.transcript === "" ? "" : this.#text(part, event.value.transcript);
      case "reasoningDelta": {
        const { text, signature, encryptedContent } = event.value;
        const said = text === "" ? "" : this.#thinking(part, text);
        const { kind } = open.content;
        if (kind.case !== "reasoning" || (signature === undefined && encryptedContent === undefined)) return said;
        if (kind.value.dialect === DIALECT) return signature === undefined ? said : said + this.#sign(part, signature);
        const value = {
          ...kind.value,
          ...(signature !== undefined && { signature }),
          ...(encryptedContent !== undefined && { encryptedContent }),
        };
        return said + this.#sign(part, sealOf({ ...open.content, kind: { case: "reasoning", value } }));
      }
      case "toolCallDelta":
        if (open.kind === "free") {
          open.free += event.value.arguments;
          return "";
        }
        return event.value.arguments === ""
          ? ""
          : this.#delta({ type: "input_json_delta", partial_json: event.value.arguments });
      case "citationAdd":
        return event.value.citation === undefined ? "" : this.#cite(part, writeCitation(event.value.citation));
      case "partEnd":
        return this.#end(part, open) + this.#next();
      default:
        return "";
    }
  }

  #end(part: number, open: OpenPart): string {
    this.#parts.delete(part);
    if (open.kind === "free" && open.content.kind.case === "toolCall") {
      const call = { ...open.content.kind.value, arguments: open.free };
      const { input: _, ...head } = encodeAnswerBlock(open.content) ?? {};
      const begun = this.#openBlock(part, { ...head, input: {} });
      return (
        begun +
        this.#delta({ type: "input_json_delta", partial_json: JSON.stringify(answerInput(call)) }) +
        this.#closeBlock()
      );
    }
    return this.#current === part ? this.#closeBlock() : "";
  }

  /** Parts that waited, in the order in which they began, up to one that stays open. */
  #next(): string {
    let text = "";
    for (const [part, open] of Array.from(this.#parts)) {
      if (this.#busyWith() !== undefined) break;
      text += this.#drain(part, open);
    }
    return text;
  }

  #drain(part: number, open: OpenPart): string {
    if (this.#parts.get(part) !== open) return "";
    let text = open.begun ? "" : this.#said(part, open);
    for (const event of open.waiting.splice(0)) text += this.#apply(part, open, event);
    return text;
  }

  #text(part: number, text: string): string {
    const begun = this.#current === part ? "" : this.#openBlock(part, { type: "text", text: "" });
    return `${begun}event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}\n\n`;
  }

  #cite(part: number, citation: JsonObject): string {
    const begun = this.#current === part ? "" : this.#openBlock(part, { type: "text", text: "" });
    return begun + this.#delta({ type: "citations_delta", citation });
  }

  #thinking(part: number, thinking: string): string {
    return this.#openThinking(part) + this.#delta({ type: "thinking_delta", thinking });
  }

  #sign(part: number, signature: string): string {
    return this.#openThinking(part) + this.#delta({ type: "signature_delta", signature });
  }

  #openThinking(part: number): string {
    return this.#current === part ? "" : this.#openBlock(part, { type: "thinking", thinking: "", signature: "" });
  }

  #whole(part: number, block: JsonObject | undefined): string {
    if (block === undefined) return "";
    if (block.type !== "server_tool_use" && block.type !== "mcp_tool_use") return this.#openBlock(part, block);
    // Clients put the input of every tool together from deltas.
    const { input, ...head } = block;
    return (
      this.#openBlock(part, { ...head, input: {} }) +
      this.#delta({ type: "input_json_delta", partial_json: stringifyExact(input ?? {}) })
    );
  }

  #openBlock(part: number, block: JsonObject): string {
    const ended = this.#closeBlock();
    this.#index += 1;
    this.#current = part;
    const data = stringifyExact({ type: "content_block_start", index: this.#index, content_block: block });
    return ended + writeSse(data, "content_block_start");
  }

  #closeBlock(): string {
    if (this.#current === undefined) return "";
    this.#current = undefined;
    return writeSse(`{"type":"content_block_stop","index":${this.#index}}`, "content_block_stop");
  }

  #delta(delta: JsonObject): string {
    return writeSse(JSON.stringify({ type: "content_block_delta", index: this.#index, delta }), "content_block_delta");
  }
}

function kindOf({ kind }: Part): Kind {
  switch (kind.case) {
    case "text":
    case "refusal":
    case "audio":
      return "text";
    case "reasoning":
      return kind.value.encryptedContent !== undefined && kind.value.dialect === DIALECT ? "whole" : "thinking";
    case "toolCall":
      return kind.value.kind === ToolKind.CUSTOM ? "free" : "call";
    default:
      return "whole";
  }
}

function transcriptOf({ kind }: Part): string {
  return kind.case === "audio" ? (kind.value.transcript ?? "") : "";
}
