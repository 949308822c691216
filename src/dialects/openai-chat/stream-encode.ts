import {
  type AnswerContext,
  type Chunk,
  ChunkOrder,
  type ChoiceFinish,
  type CompletionEnd,
  create,
  type JsonObject,
  type ParlanceError,
  type Part,
  PartSchema,
  type PartStart,
  type StreamEncoder,
  ToolKind,
  type Usage,
  writeSse,
} from "../../sdk/index.js";
import { encodeError } from "../openai-errors/index.js";
import { isBeyondWire, writeBeyondWire } from "./beyond-wire.js";
import { encodeAnnotation } from "./citations.js";
import { base64 } from "./data-url.js";
import { finishWord, nativeWord } from "./finish.js";
import { encodeLogprobs } from "./logprobs.js";
import { fieldsOf } from "./own.js";
import { encodeLosses } from "./response-encode.js";
import { isLegacyCall } from "./tool-calls.js";
import { encodeUsage } from "./usage.js";
import { DIALECT } from "./wire.js";

/** An encoder of one stream of `chat.completion.chunk` events. */
export function streamEncoder(context: AnswerContext): StreamEncoder {
  return new ChatStreamEncoder(context);
}

interface OpenChoice {
  /** Parts that must travel in `parlance`, by number, as far as they are known. */
  readonly beyond: (Part | undefined)[];
  /** Number of each tool call among the calls, by part: clients count calls, not parts. */
  readonly calls: Map<
    number,
    { readonly index: number; readonly legacy: boolean; readonly custom: boolean; empty: boolean }
  >;
}

class ChatStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #order = new ChunkOrder();
  readonly #choices = new Map<number, OpenChoice>();
  // Everything of a chunk that never changes in a stream, so that a delta costs one small stringify.
  #head = "";
  readonly #tail: string;
  #usage: Usage | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#tail = context.includeUsage ? '],"usage":null}\n\n' : "]}\n\n";
    this.#begin(context.requestId, context.model, context.created);
  }

  encode({ event }: Chunk): string {
    this.#order.take(event);
    switch (event.case) {
      case "completionStart": {
        const { id, model, createTime } = event.value;
        const created = createTime === undefined ? this.#context.created : Number(createTime.seconds);
        this.#begin(id || this.#context.requestId, model || this.#context.model, created);
        return "";
      }
      case "partStart":
        return this.#partStart(event.value);
      case "textDelta":
        return this.#delta(event.value.choice, { content: event.value.text });
      case "reasoningDelta": {
        const { choice, part, text, signature, encryptedContent } = event.value;
        this.#remember(choice, part, text, signature, encryptedContent);
        return text === "" ? "" : this.#delta(choice, { reasoning_content: text });
      }
      case "refusalDelta":
        return this.#delta(event.value.choice, { refusal: event.value.text });
      case "toolCallDelta":
        return this.#toolCallDelta(event.value.choice, event.value.part, event.value.arguments);
      case "audioDelta": {
        const { choice, data, transcript } = event.value;
        const audio: JsonObject = data.length > 0 ? { data: base64(data) } : {};
        if (transcript !== "") audio.transcript = transcript;
        return this.#delta(choice, { audio });
      }
      case "citationAdd": {
        const annotation = event.value.citation && encodeAnnotation(event.value.citation);
        return annotation === undefined ? "" : this.#delta(event.value.choice, { annotations: [annotation] });
      }
      case "logprobsDelta": {
        const { choice, logprobs } = event.value;
        return logprobs === undefined
          ? ""
          : this.#delta(choice, {}, `,"logprobs":${JSON.stringify(encodeLogprobs(logprobs))}`);
      }
      case "partEnd":
        return this.#partEnd(event.value.choice, event.value.part);
      case "finish":
        return this.#finish(event.value);
      case "usage":
        this.#usage = event.value;
        return "";
      case "completionEnd":
        return this.#completionEnd(event.value);
      default:
        return "";
    }
  }

  error(error: ParlanceError): string {
    return writeSse(JSON.stringify(encodeError(error, this.#context.requestId)));
  }

  keepAlive(): string {
    // The wire has no event for it; clients pass over comments.
    return ": keep-alive\n\n";
  }

  #begin(id: string, model: string, created: number): void {
    const head = JSON.stringify({ id, object: "chat.completion.chunk", created, model });
    this.#head = `data: ${head.slice(0, -1)},"choices":[`;
  }

  /** The chunk of one delta, after the role chunk when it is the choice's first. */
  #delta(choice: number, delta: JsonObject, around = ""): string {
    return this.#open(choice) + this.#chunk(choice, JSON.stringify(delta), `"finish_reason":null${around}`);
  }

  #chunk(choice: number, delta: string, around: string): string {
    return `${this.#head}{"index":${choice},"delta":${delta},${around}}${this.#tail}`;
  }

  #open(choice: number): string {
    if (this.#choices.has(choice)) return "";
    this.#choices.set(choice, { beyond: [], calls: new Map() });
    return this.#chunk(choice, '{"role":"assistant","content":""}', '"finish_reason":null');
  }

  #partStart({ choice, part, content }: PartStart): string {
    const opened = this.#open(choice);
    if (content === undefined) return opened;
    const state = this.#choices.get(choice) as OpenChoice;
    const { kind } = content;
    switch (kind.case) {
      case "text":
        return opened + (kind.value.text === "" ? "" : this.#delta(choice, { content: kind.value.text }));
      case "refusal":
        return opened + (kind.value.text === "" ? "" : this.#delta(choice, { refusal: kind.value.text }));
      case "reasoning": {
        const { text, ...rest } = kind.value;
        // Kept apart from the event's own part, since deltas are added to it.
        state.beyond[part] = create(PartSchema, { kind: { case: "reasoning", value: { ...rest, text } } });
        return opened + (text === "" ? "" : this.#delta(choice, { reasoning_content: text }));
      }
      case "toolCall":
        return opened + this.#toolCallStart(choice, part, content);
      case "opaque":
        if (kind.value.dialect === DIALECT) return opened;
        state.beyond[part] = content;
        return opened;
      default:
        if (isBeyondWire(content)) state.beyond[part] = content;
        return opened;
    }
  }

  #toolCallStart(choice: number, part: number, content: Part): string {
    if (content.kind.case !== "toolCall") return "";
    const { id, name, arguments: args, kind } = content.kind.value;
    const { calls } = this.#choices.get(choice) as OpenChoice;
    const legacy = this.#context.legacyFunctions || isLegacyCall(content);
    const custom = kind === ToolKind.CUSTOM;
    const index = calls.size;
    calls.set(part, { index, legacy, custom, empty: args === "" });
    if (legacy) return this.#delta(choice, { function_call: { name, arguments: args } });
    const extra = fieldsOf(content);
    const call: JsonObject = custom
      ? { index, id, type: "custom", custom: { name, input: args } }
      : { index, id, type: "function", function: { name, arguments: args } };
    return this.#delta(choice, { tool_calls: [{ ...extra, ...call }] });
  }

  #toolCallDelta(choice: number, part: number, args: string): string {
    const call = this.#choices.get(choice)?.calls.get(part);
    if (call === undefined) return "";
    if (args !== "") call.empty = false;
    if (call.legacy) return this.#delta(choice, { function_call: { arguments: args } });
    const piece: JsonObject = call.custom ? { custom: { input: args } } : { function: { arguments: args } };
    return this.#delta(choice, { tool_calls: [{ index: call.index, ...piece }] });
  }

  #partEnd(choice: number, part: number): string {
    const call = this.#choices.get(choice)?.calls.get(part);
    // A tool without arguments never had a delta; clients parse what came, and "" is not JSON.
    return call?.empty && !call.custom ? this.#toolCallDelta(choice, part, "{}") : "";
  }

  #remember(
    choice: number,
    part: number,
    text: string,
    signature: string | undefined,
    encryptedContent: string | undefined,
  ): void {
    const kind = this.#choices.get(choice)?.beyond[part]?.kind;
    if (kind?.case !== "reasoning") return;
    kind.value.text += text;
    if (signature !== undefined) kind.value.signature = (kind.value.signature ?? "") + signature;
    if (encryptedContent !== undefined) kind.value.encryptedContent = encryptedContent;
  }

  #finish({ choice, finish, messageExtensions, extensions }: ChoiceFinish): string {
    let out = this.#open(choice);
    const state = this.#choices.get(choice) as OpenChoice;
    const late: JsonObject = messageExtensions === undefined ? {} : fieldsOf({ extensions: messageExtensions });
    const beyond = writeBeyondWire(state.beyond);
    if (beyond !== undefined) late.parlance = beyond;
    if (Object.keys(late).length > 0) out += this.#delta(choice, late);
    const word = finishWord(
      finish,
      this.#context.legacyFunctions || [...state.calls.values()].some((call) => call.legacy),
    );
    const around: JsonObject = extensions === undefined ? {} : fieldsOf({ extensions });
    const native = nativeWord(finish, word);
    if (native !== undefined) around.native_finish_reason = native;
    if (finish?.stopSequence !== undefined) around.stop_reason = finish.stopSequence;
    return out + this.#chunk(choice, "{}", JSON.stringify({ finish_reason: word, ...around }).slice(1, -1));
  }

  #completionEnd(end: CompletionEnd): string {
    const last: JsonObject = {};
    const counted = this.#context.includeUsage && this.#usage !== undefined;
    if (end.losses.length > 0) last.parlance = { losses: encodeLosses(end.losses) };
    if (!counted && last.parlance === undefined) return "data: [DONE]\n\n";
    if (this.#context.includeUsage) last.usage = this.#usage === undefined ? null : encodeUsage(this.#usage);
    if (end.serviceTier !== undefined) last.service_tier = end.serviceTier;
    const kept = end.extensions === undefined ? {} : fieldsOf({ extensions: end.extensions });
    const members = JSON.stringify({ ...kept, ...last }).slice(1, -1);
    return `${this.#head}],${members}}\n\ndata: [DONE]\n\n`;
  }
}
