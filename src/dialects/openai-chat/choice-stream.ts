import {
  type Chunk,
  chunks,
  create,
  type Finish,
  FinishReason,
  FinishSchema,
  isObject,
  type JsonObject,
  type JsonValue,
  PartSchema as Parts,
} from "../../sdk/index.js";
import { decodeAnnotation } from "./citations.js";
import { decodeLogprobs } from "./logprobs.js";
import { opaquePart, thinkingText } from "./part-decode.js";
import { mergeReasoningDetails, reasoningText } from "./reasoning-details.js";
import { ToolCallStream } from "./tool-call-stream.js";
import { DIALECT } from "./wire.js";

type Prose = "text" | "reasoning" | "refusal";

/** What is known of one choice while it streams. Parts are numbered as they begin. */
export class ChoiceStream {
  readonly #index: number;
  #parts = 0;
  #prose: { readonly kind: Prose; readonly part: number } | undefined;
  #audio: number | undefined;
  readonly #calls: ToolCallStream;
  readonly #message: JsonObject = {};
  readonly #around: JsonObject = {};
  #plainReasoning = false;
  #sent = false;
  finish: Finish | undefined;

  constructor(index: number, id: string) {
    this.#index = index;
    this.#calls = new ToolCallStream(index, id, () => this.#parts++);
  }

  /** Reads `choices[].delta`. */
  readDelta(delta: JsonObject, out: Chunk[]): void {
    const plain = delta.reasoning_content || delta.reasoning;
    if (typeof plain === "string") {
      this.#plainReasoning = true;
      this.#add("reasoning", plain, out);
      // Where both are told they say the same.
    } else if (!this.#plainReasoning) this.#add("reasoning", reasoningText(delta.reasoning_details), out);
    const { content } = delta;
    if (typeof content === "string") this.#add("text", content, out);
    else if (Array.isArray(content)) for (const piece of content) this.#addPiece(piece, out);
    if (typeof delta.refusal === "string") this.#add("refusal", delta.refusal, out);
    if (isObject(delta.audio)) this.#addAudio(delta.audio, out);
    if (Array.isArray(delta.annotations)) this.#cite(delta.annotations, out);
    if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) {
      this.#endProse(out);
      for (const call of delta.tool_calls) if (isObject(call)) this.#calls.read(call, out);
    }
    if (isObject(delta.function_call)) {
      this.#endProse(out);
      this.#calls.readLegacy(delta.function_call, out);
    }
    this.#keepRest(delta);
  }

  /** Reads what stands beside the delta. */
  readAround(wire: JsonObject, out: Chunk[]): void {
    for (const name of Object.keys(wire)) {
      const value = wire[name] as JsonValue;
      if (value === null || AROUND.has(name)) continue;
      if (name === "logprobs") {
        const logprobs = decodeLogprobs(value);
        if (logprobs && logprobs.content.length + logprobs.refusal.length > 0) {
          out.push(chunks.logprobsDelta(this.#index, logprobs));
        }
      } else if (isObject(value) && isObject(this.#around[name])) {
        this.#around[name] = { ...this.#around[name], ...value };
      } else this.#around[name] = value;
    }
  }

  /** The choice is whole: its parts end. Whatever is told of its finish again is ignored. */
  end(finish: Finish, out: Chunk[]): void {
    if (this.finish !== undefined || finish.raw === "") return;
    this.finish = finish;
    this.#endParts(out);
  }

  /** Whether nothing has come of it yet, neither content nor a finish. */
  get isSilent(): boolean {
    return this.finish === undefined && this.#parts === 0 && !this.#calls.any;
  }

  /** The stream is whole, but nobody told how the choice ended. */
  endUntold(out: Chunk[]): void {
    if (this.finish !== undefined) return;
    const reason = this.#calls.any ? FinishReason.TOOL_CALLS : FinishReason.UNSPECIFIED;
    this.finish = create(FinishSchema, { reason });
    this.#endParts(out);
  }

  /** Tells the finish, once. */
  sendFinish(out: Chunk[]): void {
    if (this.finish === undefined || this.#sent) return;
    this.#sent = true;
    this.#endParts(out);
    out.push(
      chunks.finish(this.#index, this.finish, {
        message: Object.keys(this.#message).length > 0 ? { [DIALECT]: this.#message } : undefined,
        choice: Object.keys(this.#around).length > 0 ? { [DIALECT]: this.#around } : undefined,
      }),
    );
  }

  #add(kind: Prose, text: string, out: Chunk[]): void {
    if (text === "") return;
    const part = this.#open(kind, out);
    if (kind === "text") out.push(chunks.textDelta(this.#index, part, text));
    else if (kind === "reasoning") out.push(chunks.reasoningDelta(this.#index, part, text));
    else out.push(chunks.refusalDelta(this.#index, part, text));
  }

  /** The open part of a kind. Prose of another kind ends it, so that what came after never joins what came before. */
  #open(kind: Prose, out: Chunk[]): number {
    if (this.#prose?.kind === kind) return this.#prose.part;
    this.#endProse(out);
    const part = this.#parts++;
    this.#prose = { kind, part };
    const value = kind === "reasoning" ? { text: "", dialect: DIALECT } : { text: "" };
    out.push(chunks.partStart(this.#index, part, { kind: { case: kind, value } }));
    return part;
  }

  #endProse(out: Chunk[]): void {
    if (this.#prose === undefined) return;
    out.push(chunks.partEnd(this.#index, this.#prose.part));
    this.#prose = undefined;
  }

  #endParts(out: Chunk[]): void {
    this.#endProse(out);
    this.#calls.end(out);
    if (this.#audio === undefined) return;
    out.push(chunks.partEnd(this.#index, this.#audio));
    this.#audio = undefined;
  }

  /** A piece of content in array form. */
  #addPiece(piece: JsonValue, out: Chunk[]): void {
    if (!isObject(piece)) return;
    if (piece.type === "text" && typeof piece.text === "string") this.#add("text", piece.text, out);
    else if (piece.type === "thinking" && thinkingText(piece.thinking) !== undefined) {
      this.#add("reasoning", thinkingText(piece.thinking) ?? "", out);
    } else {
      this.#endProse(out);
      const part = this.#parts++;
      out.push(chunks.partStart(this.#index, part, opaquePart(piece)), chunks.partEnd(this.#index, part));
    }
  }

  #addAudio(audio: JsonObject, out: Chunk[]): void {
    const { data, transcript, ...others } = audio;
    if (this.#audio === undefined) {
      this.#endProse(out);
      this.#audio = this.#parts++;
      const content = create(Parts, { kind: { case: "audio", value: {} } });
      out.push(chunks.partStart(this.#index, this.#audio, content));
    }
    if (Object.keys(others).length > 0)
      this.#message.audio = { ...(this.#message.audio as JsonObject | undefined), ...others };
    const bytes = typeof data === "string" ? Buffer.from(data, "base64") : new Uint8Array();
    const words = typeof transcript === "string" ? transcript : "";
    if (bytes.length > 0 || words !== "") out.push(chunks.audioDelta(this.#index, this.#audio, bytes, words));
  }

  #cite(annotations: readonly JsonValue[], out: Chunk[]): void {
    if (annotations.length === 0) return;
    // A citation may come after its text is over; it then waits in the message's own fields.
    if (this.#prose?.kind !== "text") {
      this.#message.annotations = [...((this.#message.annotations as JsonValue[] | undefined) ?? []), ...annotations];
      return;
    }
    for (const annotation of annotations) {
      out.push(chunks.citationAdd(this.#index, this.#prose.part, decodeAnnotation(annotation, "annotations")));
    }
  }

  #keepRest(delta: JsonObject): void {
    for (const name of Object.keys(delta)) {
      const value = delta[name] as JsonValue;
      if (value === null || READ.has(name)) continue;
      if (name === "reasoning_details" && Array.isArray(value)) {
        this.#message[name] = mergeReasoningDetails(this.#message[name], value);
      } else this.#message[name] = value;
    }
  }
}

/** Members of a delta that are read. */
const READ: ReadonlySet<string> = new Set([
  "role",
  "content",
  "reasoning_content",
  "reasoning",
  "refusal",
  "audio",
  "annotations",
  "tool_calls",
  "function_call",
]);

/** Members of a choice that are read, or say the delta once more in another form. */
const AROUND: ReadonlySet<string> = new Set(["index", "delta", "finish_reason", "message", "text"]);
