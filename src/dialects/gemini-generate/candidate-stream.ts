import {
  type Chunk,
  chunks,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Part,
  PartSchema,
} from "../../sdk/index.js";
import { withSeals } from "./answer-parts.js";
import type { CallIds } from "./call-ids.js";
import { asObject, isString } from "./checks.js";
import { blockedFinish, decodeFinish } from "./finish.js";
import { citationsOf } from "./grounding.js";
import { decodeLogprobs, joinLogprobs } from "./logprobs.js";
import { formOf, plain, WireObject } from "./own.js";
import { PartialArgs } from "./partial-args.js";
import { decodePart } from "./part-decode.js";
import { DIALECT } from "./wire.js";

/** Members of a candidate that are told as they come. */
const KNOWN: ReadonlySet<string> = new Set(["content", "index", "finishReason", "logprobsResult"]);

/** A part that has begun, and may go on with the next event. */
interface OpenPart {
  readonly kind: "text" | "reasoning" | "call";
  readonly part: number;
  /** Arguments so far, of a call that comes in pieces. */
  readonly args?: PartialArgs;
}

/**
 * Follows one candidate of a stream and tells it as parts. Texts and thoughts go on from event to event; a call comes
 * whole, or in pieces that are put together. How it ended is told with the stream's end, since some models say so in
 * every event.
 */
export class CandidateStream {
  readonly #choice: number;
  readonly #ids: CallIds;
  #parts = 0;
  #open: OpenPart | undefined;
  /** Seal that was told last, for the call after it. */
  #before: Part | undefined;
  #calls = false;
  #finish: JsonValue | undefined;
  /** The open text, for its sources. */
  #text: string[] = [];
  readonly #rest: JsonObject = {};

  constructor(choice: number, ids: CallIds) {
    this.#choice = choice;
    this.#ids = ids;
  }

  /** Whether the candidate has said how it ended. */
  get finished(): boolean {
    return this.#finish !== undefined;
  }

  read(candidate: JsonObject, out: Chunk[]): void {
    const { content, finishReason, logprobsResult: tokens } = candidate;
    if (isObject(content)) {
      const list = Array.isArray(content.parts) ? content.parts : isObject(content.parts) ? [content.parts] : [];
      for (const part of list) this.#part(asObject(part, "content.parts"), out);
    }
    if (finishReason !== undefined && finishReason !== null) this.#finish = finishReason;
    for (const name in candidate) if (!KNOWN.has(name)) this.#keep(name, plain(candidate[name] as JsonValue));
    if (isObject(tokens)) {
      const logprobsResult = plain(tokens);
      const logprobs = decodeLogprobs(logprobsResult);
      if (logprobs !== undefined) out.push(chunks.logprobsDelta(this.#choice, logprobs));
      this.#rest.logprobsResult = joinLogprobs(this.#rest.logprobsResult, logprobsResult);
    }
  }

  /** `blocked`: why the provider stopped the whole answer, for a candidate that has not said how it ended. */
  end(out: Chunk[], blocked?: JsonValue): void {
    if (this.#open?.kind === "text") {
      const citations = citationsOf(this.#rest.groundingMetadata, this.#text.join(""));
      for (const citation of citations) out.push(chunks.citationAdd(this.#choice, this.#open.part, citation));
    }
    this.#close(out);
    const finish =
      this.#finish === undefined && blocked !== undefined
        ? blockedFinish(blocked)
        : decodeFinish(this.#finish, this.#calls);
    const wire = new WireObject(this.#rest, "");
    if (this.#finish !== undefined && !isString(this.#finish)) wire.noteAs("finishReason", this.#finish);
    out.push(chunks.finish(this.#choice, finish, { choice: wire.extensions() }));
  }

  #keep(name: string, value: JsonValue): void {
    // An empty object says less than what came before.
    if (value !== null && !(isEmpty(value) && this.#rest[name] !== undefined)) this.#rest[name] = value;
  }

  #part(value: JsonObject, out: Chunk[]): void {
    if (isString(value.text) && isOnlyText(value)) {
      this.#words(value.text, out);
      return;
    }
    if (this.#partial(value, out)) return;
    const parts = withSeals(decodePart(value, "content.parts", this.#ids), this.#before);
    for (const part of parts) this.#tell(part, out);
  }

  #tell(part: Part, out: Chunk[]): void {
    const { kind } = part;
    this.#before = part;
    if (kind.case === "text" && isBare(part)) {
      this.#words(kind.value.text, out);
      return;
    }
    if (kind.case === "reasoning" && kind.value.text !== "" && part.extensions === undefined) {
      const { signature, ...begun } = kind.value;
      const open = this.#begin(
        "reasoning",
        { ...part, kind: { case: "reasoning", value: { ...begun, text: "" } } },
        out,
      );
      out.push(chunks.reasoningDelta(this.#choice, open, kind.value.text, signature));
      // What is sealed does not go on.
      if (signature !== undefined) this.#close(out);
      return;
    }
    if (kind.case === "reasoning" && this.#open?.kind === "reasoning" && formOf(part).seal === "thought") {
      out.push(chunks.reasoningDelta(this.#choice, this.#open.part, "", kind.value.signature));
      this.#close(out);
      return;
    }
    this.#close(out);
    const number = this.#next();
    if (kind.case === "toolCall") {
      this.#calls = true;
      const { arguments: args, ...begun } = kind.value;
      out.push(
        chunks.partStart(this.#choice, number, {
          ...part,
          kind: { case: "toolCall", value: { ...begun, arguments: "" } },
        }),
        chunks.toolCallDelta(this.#choice, number, args),
      );
    } else out.push(chunks.partStart(this.#choice, number, part));
    out.push(chunks.partEnd(this.#choice, number));
  }

  /** Text and nothing but text, as nearly every event has it. */
  #words(text: string, out: Chunk[]): void {
    // Newer models end with an empty text.
    if (text === "") return;
    const open = this.#open?.kind === "text" ? this.#open.part : this.#begin("text", emptyText(), out);
    this.#before = undefined;
    this.#text.push(text);
    out.push(chunks.textDelta(this.#choice, open, text));
  }

  /** A call in pieces: begun by its name, gone on with by pieces without one. */
  #partial(value: JsonObject, out: Chunk[]): boolean {
    const call = value.functionCall;
    if (!isObject(call)) return false;
    const { willContinue, partialArgs, args, ...head } = call;
    const goesOn = willContinue === true;
    const begins = isString(head.name) && head.name !== "";
    const open = begins ? undefined : this.#open?.args;
    if (open === undefined) {
      if (!goesOn && partialArgs === undefined) return false;
      this.#beginCall({ ...value, functionCall: head }, out);
    }
    const into = this.#open?.args;
    into?.assign(args);
    if (Array.isArray(partialArgs)) for (const piece of partialArgs) into?.add(piece);
    if (!goesOn) this.#close(out);
    return true;
  }

  #beginCall(value: JsonObject, out: Chunk[]): void {
    const parts = withSeals(decodePart(value, "content.parts", this.#ids), this.#before);
    for (const part of parts) {
      if (part.kind.case !== "toolCall") {
        this.#tell(part, out);
        continue;
      }
      this.#close(out);
      this.#calls = true;
      const { arguments: _, ...begun } = part.kind.value;
      const number = this.#next();
      const { [DIALECT]: __, ...extensions } = part.extensions ?? {};
      const content = { ...part, extensions, kind: { case: "toolCall" as const, value: { ...begun, arguments: "" } } };
      out.push(chunks.partStart(this.#choice, number, content));
      this.#open = { kind: "call", part: number, args: new PartialArgs() };
      this.#before = part;
    }
  }

  #begin(kind: "text" | "reasoning", content: Part, out: Chunk[]): number {
    if (this.#open?.kind === kind) return this.#open.part;
    this.#close(out);
    const part = this.#next();
    this.#open = { kind, part };
    this.#text = [];
    out.push(chunks.partStart(this.#choice, part, content));
    return part;
  }

  #close(out: Chunk[]): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    if (open.args !== undefined) out.push(chunks.toolCallDelta(this.#choice, open.part, open.args.text()));
    out.push(chunks.partEnd(this.#choice, open.part));
  }

  #next(): number {
    const part = this.#parts;
    this.#parts += 1;
    return part;
  }
}

function isOnlyText(part: JsonObject): boolean {
  for (const name in part) if (name !== "text") return false;
  return true;
}

function emptyText(): Part {
  return create(PartSchema, { kind: { case: "text", value: { text: "" } } });
}

/** Whether a text may go on with the text before it. */
function isBare(part: Part): boolean {
  if (part.extensions === undefined) return true;
  const { empty: _, ...forms } = formOf(part);
  return (
    Object.keys(forms).length === 0 && Object.keys(part.extensions[DIALECT] as object).every((name) => name === "$form")
  );
}

function isEmpty(value: JsonValue): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
