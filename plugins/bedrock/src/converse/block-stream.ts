import { type Chunk, chunks, isObject, type JsonObject, type JsonValue, ParlanceError } from "@parlance/sdk";
import { isCallerTool, isHiddenCall, opaquePart } from "./block-decode.js";
import { decodeCitation } from "./citations.js";
import { keep } from "./own.js";
import { DIALECT } from "./wire.js";

/** A block that has begun and not ended. */
type OpenBlock =
  | { readonly kind: "text" | "call" | "hidden"; readonly part: number; told: boolean }
  | { readonly kind: "reasoning"; readonly part: number; redacted: Buffer[] }
  /** Collected until it ends, since the vocabulary has it whole. */
  | { readonly kind: "opaque"; readonly start: JsonObject; input: string; content: JsonValue[] };

/**
 * Follows the content blocks of a stream and tells them as parts. Only calls of tools, results of them and pictures are
 * said to begin; texts and reasoning begin with their first delta.
 */
export class BlockStream {
  readonly #open = new Map<number, OpenBlock>();
  #parts = 0;
  /** Whether the answer came through the hidden tool. */
  answered = false;

  start(index: number, start: JsonObject, out: Chunk[]): void {
    const { toolUse } = start;
    // Says nothing of its kind: the first delta does.
    if (!saysMore(start)) return;
    this.stop(index, out);
    if (!isObject(toolUse) || !isCallerTool(toolUse)) {
      this.#open.set(index, { kind: "opaque", start, input: "", content: [] });
      return;
    }
    const part = this.#next();
    if (isHiddenCall(toolUse)) {
      this.answered = true;
      out.push(chunks.partStart(0, part, { kind: { case: "text", value: { text: "" } } }));
      this.#open.set(index, { kind: "hidden", part, told: false });
      return;
    }
    const { toolUseId, name, type: _, ...others } = toolUse;
    const extensions = keep(others);
    const call = { id: word(toolUseId), name: word(name), arguments: "" };
    out.push(chunks.partStart(0, part, { kind: { case: "toolCall", value: call }, ...(extensions && { extensions }) }));
    this.#open.set(index, { kind: "call", part, told: false });
  }

  delta(index: number, delta: JsonObject, out: Chunk[]): void {
    const open = this.#open.get(index);
    if (!saysMore(delta)) return;
    if (open?.kind === "opaque" && saysMore(open.start)) {
      collect(open, delta);
      return;
    }
    if (typeof delta.text === "string") this.#text(index, delta.text, out);
    else if (isObject(delta.citation)) {
      const { part } = this.#begin(index, "text", out);
      out.push(chunks.citationAdd(0, part, decodeCitation(delta.citation)));
    } else if (isObject(delta.reasoningContent)) this.#reasoning(index, delta.reasoningContent, out);
    else if (isObject(delta.toolUse)) this.#input(open, word(delta.toolUse.input), out);
    else this.#strange(index, delta, out);
  }

  stop(index: number, out: Chunk[]): void {
    const open = this.#open.get(index);
    if (open === undefined) return;
    this.#open.delete(index);
    this.#end(open, out);
  }

  /** Ends what is open, in order. */
  close(out: Chunk[]): void {
    for (const open of this.#open.values()) this.#end(open, out);
    this.#open.clear();
  }

  #next(): number {
    this.#parts += 1;
    return this.#parts - 1;
  }

  /** Some streams begin with an empty delta, for a block that is none. */
  #text(index: number, text: string, out: Chunk[]): void {
    if (text === "") return;
    const { part } = this.#begin(index, "text", out);
    out.push(chunks.textDelta(0, part, text));
  }

  #reasoning(index: number, content: JsonObject, out: Chunk[]): void {
    const { text, signature, redactedContent } = content;
    if (typeof redactedContent === "string") {
      const open = this.#begin(index, "reasoning", out);
      if (open.kind === "reasoning") open.redacted.push(Buffer.from(redactedContent, "base64"));
      return;
    }
    if (typeof text === "string" && text !== "") {
      const { part } = this.#begin(index, "reasoning", out);
      out.push(chunks.reasoningDelta(0, part, text));
    }
    if (typeof signature === "string" && signature !== "") {
      const { part } = this.#begin(index, "reasoning", out);
      out.push(chunks.reasoningDelta(0, part, "", signature));
    }
  }

  #input(open: OpenBlock | undefined, text: string, out: Chunk[]): void {
    if (text === "") return;
    if (open?.kind !== "call" && open?.kind !== "hidden") {
      throw new ParlanceError(
        "malformed_answer",
        "The provider's stream holds arguments of a call that has not begun.",
      );
    }
    open.told = true;
    out.push(open.kind === "call" ? chunks.toolCallDelta(0, open.part, text) : chunks.textDelta(0, open.part, text));
  }

  /** A delta of a kind that is not known ends what is open, and is collected with those that follow it. */
  #strange(index: number, delta: JsonObject, out: Chunk[]): void {
    const open = this.#open.get(index);
    if (open?.kind === "opaque") {
      open.content.push(delta);
      return;
    }
    this.stop(index, out);
    this.#open.set(index, { kind: "opaque", start: {}, input: "", content: [delta] });
  }

  /** The open block of that kind; another one of the same number ends first. */
  #begin(index: number, kind: "text" | "reasoning", out: Chunk[]): Exclude<OpenBlock, { kind: "opaque" }> {
    const open = this.#open.get(index);
    if (open !== undefined && open.kind !== "opaque" && open.kind === kind) return open;
    this.stop(index, out);
    const part = this.#next();
    const value = { text: "" };
    out.push(
      chunks.partStart(0, part, {
        kind: kind === "text" ? { case: "text", value } : { case: "reasoning", value: { ...value, dialect: DIALECT } },
      }),
    );
    const begun =
      kind === "text" ? ({ kind, part, told: true } as const) : ({ kind, part, redacted: [] as Buffer[] } as const);
    this.#open.set(index, begun);
    return begun;
  }

  #end(open: OpenBlock, out: Chunk[]): void {
    if (open.kind === "opaque") {
      const part = this.#next();
      out.push(chunks.partStart(0, part, opaquePart(wholeOf(open))), chunks.partEnd(0, part));
      return;
    }
    const { part } = open;
    // The call of a tool without arguments comes without a delta.
    if (open.kind === "call" && !open.told) out.push(chunks.toolCallDelta(0, part, "{}"));
    if (open.kind === "hidden" && !open.told) out.push(chunks.textDelta(0, part, "{}"));
    if (open.kind === "reasoning" && open.redacted.length > 0) {
      out.push(chunks.reasoningSeal(0, part, Buffer.concat(open.redacted).toString("base64")));
    }
    out.push(chunks.partEnd(0, part));
  }
}

type OpaqueBlock = Extract<OpenBlock, { kind: "opaque" }>;

function collect(open: OpaqueBlock, delta: JsonObject): void {
  const { toolUse, toolResult } = delta;
  if (isObject(toolUse)) open.input += word(toolUse.input);
  else if (Array.isArray(toolResult)) open.content.push(...toolResult);
  else open.content.push(delta);
}

/** The block as an answer that is not streamed has it, so that it can go back. */
function wholeOf({ start, input, content }: OpaqueBlock): JsonObject {
  if (isObject(start.toolUse)) return { toolUse: { ...start.toolUse, input: parsed(input) } };
  if (isObject(start.toolResult)) return { toolResult: { ...start.toolResult, content } };
  const [kind] = Object.keys(start);
  const pieces = content
    .filter(isObject)
    .map((piece) => (kind !== undefined && isObject(piece[kind]) ? piece[kind] : piece));
  const joined = pieces.reduce(grown, {});
  return kind === undefined ? joined : { [kind]: { ...(start[kind] as JsonObject), ...joined } };
}

/** An object with what a later piece of it brings: texts and lists go on. */
function grown(before: JsonObject, piece: JsonObject): JsonObject {
  const out = { ...before };
  for (const [name, value] of Object.entries(piece)) {
    const old = out[name];
    if (typeof old === "string" && typeof value === "string") out[name] = old + value;
    else if (Array.isArray(old) && Array.isArray(value)) out[name] = [...old, ...value];
    else out[name] = isObject(old) && isObject(value) ? grown(old, value) : value;
  }
  return out;
}

/** Whether an object has a member that tells something. */
function saysMore(value: JsonObject): boolean {
  return Object.values(value).some((member) => member !== null);
}

function parsed(text: string): JsonValue {
  try {
    const value = JSON.parse(text === "" ? "{}" : text) as JsonValue;
    return isObject(value) ? value : { input: value };
  } catch {
    return { input: text };
  }
}

function word(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
