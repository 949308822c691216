import {
  type Chunk,
  type Citation,
  type JsonObject,
  type Logprobs,
  type Part,
  stringifyExact,
} from "../../sdk/index.js";
import { sealForeign } from "./foreign-seal.js";
import { groundingOf } from "./grounding.js";
import { encodeLogprobs, joinLogprobs } from "./logprobs.js";
import { formOf, restore } from "./own.js";
import { encodeAnswerParts } from "./response-encode.js";
import { DIALECT } from "./wire.js";

/** An event of a part, as `completion.proto` has them. */
type PartEvent = Extract<Chunk["event"], { value: { part: number } }>;

/** A part that has begun and is not ended. */
interface OpenPart {
  readonly content: Part;
  /** Whether something of it was written. */
  written: boolean;
  /** What must be whole: arguments, words beside sound, thoughts of another provider. */
  text: string;
  signature: string | undefined;
  readonly sound: Uint8Array[];
}

/**
 * Writes the parts of one choice as wire parts: texts and thoughts as they come, all else when it is whole. A seal waits
 * for the part after it.
 */
export class PartStream {
  readonly #open = new Map<number, OpenPart>();
  #seal: string | undefined;
  /** Text so far, once something cites it. */
  readonly #texts: string[] = [];
  readonly #citations: Citation[] = [];
  #logprobs: JsonObject | undefined;

  /** Wire text of the parts that the event makes, between commas; empty when there are none. */
  write(event: PartEvent): string {
    if (event.case === "partStart") {
      const { part, content } = event.value;
      return content === undefined ? "" : this.#begin(part, content);
    }
    const open = this.#open.get(event.value.part);
    if (open === undefined) return "";
    switch (event.case) {
      case "textDelta":
      case "refusalDelta":
        return formOf(open.content).made === true ? "" : this.#text(open, event.value.text);
      case "reasoningDelta": {
        const { text, signature } = event.value;
        if (signature !== undefined) open.signature = (open.signature ?? "") + signature;
        return this.#thought(open, text);
      }
      case "toolCallDelta":
        open.text += event.value.arguments;
        return "";
      case "audioDelta":
        open.sound.push(event.value.data);
        open.text += event.value.transcript;
        return "";
      case "citationAdd":
        if (event.value.citation !== undefined) this.#citations.push(event.value.citation);
        return "";
      case "partEnd":
        this.#open.delete(event.value.part);
        return this.#end(open);
      default:
        return "";
    }
  }

  logprobs(logprobs: Logprobs): void {
    this.#logprobs = joinLogprobs(this.#logprobs, encodeLogprobs(logprobs));
  }

  /** The choice is whole: wire parts that were left, and what goes beside them. */
  close(): { left: JsonObject[]; grounding: JsonObject | undefined; logprobs: JsonObject | undefined } {
    const left = this.#seal === undefined ? [] : [{ text: "", thoughtSignature: this.#seal }];
    this.#seal = undefined;
    return { left, grounding: groundingOf(this.#citations, this.#texts.join("")), logprobs: this.#logprobs };
  }

  #begin(part: number, content: Part): string {
    const open: OpenPart = { content, written: false, text: "", signature: undefined, sound: [] };
    this.#open.set(part, open);
    const { kind } = content;
    switch (kind.case) {
      case "text":
        this.#citations.push(...kind.value.citations);
        return this.#text(open, kind.value.text);
      case "refusal":
        return formOf(content).made === true ? "" : this.#text(open, kind.value.text);
      case "reasoning":
        open.signature = kind.value.signature;
        return this.#thought(open, kind.value.text);
      case "toolCall":
        open.text = kind.value.arguments;
        return "";
      case "audio":
        open.text = kind.value.transcript ?? "";
        return "";
      default:
        return this.#whole(content);
    }
  }

  #end(open: OpenPart): string {
    const { content, text, signature } = open;
    const { kind } = content;
    if (kind.case === "toolCall") {
      return this.#whole({ ...content, kind: { case: "toolCall", value: { ...kind.value, arguments: text } } });
    }
    if (kind.case === "audio") {
      const value = { ...kind.value };
      if (open.sound.length > 0) {
        const before = value.source.case === "data" ? [value.source.value] : [];
        value.source = { case: "data", value: Buffer.concat([...before, ...open.sound]) };
      }
      if (text !== "") value.transcript = text;
      return this.#whole({ ...content, kind: { case: "audio", value } });
    }
    if (kind.case !== "reasoning") return "";
    const foreign = sealForeign({ ...kind.value, text, ...(signature !== undefined && { signature }) });
    if (foreign !== undefined) {
      const before = this.#flush();
      this.#seal = foreign;
      return before;
    }
    if (signature === undefined || kind.value.dialect !== DIALECT) return "";
    const { seal } = formOf(content);
    if (!open.written && seal !== "text" && seal !== "thought") {
      const before = this.#flush();
      this.#seal = signature;
      return before;
    }
    return this.#sealed({ text: "", ...(seal !== "text" && { thought: true }), thoughtSignature: signature });
  }

  #text(open: OpenPart, text: string): string {
    if (text === "") return "";
    this.#texts.push(text);
    const first = !open.written;
    open.written = true;
    if (first && (open.content.extensions !== undefined || this.#seal !== undefined)) {
      return this.#sealed(restore({ text }, open.content));
    }
    return `{"text":${JSON.stringify(text)}}`;
  }

  #thought(open: OpenPart, text: string): string {
    if (text === "") return "";
    open.written = true;
    if (open.content.kind.case === "reasoning" && open.content.kind.value.dialect !== DIALECT) open.text += text;
    return `${this.#flushed()}{"text":${JSON.stringify(text)},"thought":true}`;
  }

  #whole(content: Part): string {
    const written = encodeAnswerParts([content]);
    if (written.length === 0) return "";
    const [first, ...others] = written as [JsonObject, ...JsonObject[]];
    return [this.#sealed(first), ...others.map(stringifyExact)].join(",");
  }

  /** The part with the seal that waits for it. */
  #sealed(part: JsonObject): string {
    if (this.#seal !== undefined && (part.thoughtSignature ?? this.#seal) === this.#seal) {
      part.thoughtSignature = this.#seal;
      this.#seal = undefined;
      return stringifyExact(part);
    }
    return this.#flushed() + stringifyExact(part);
  }

  /** A seal that no part came for. */
  #flush(): string {
    if (this.#seal === undefined) return "";
    const text = stringifyExact({ text: "", thoughtSignature: this.#seal });
    this.#seal = undefined;
    return text;
  }

  #flushed(): string {
    const text = this.#flush();
    return text === "" ? "" : `${text},`;
  }
}
