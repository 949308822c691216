import type { Exchange } from "../core/exchange.js";
import { estimateTokens } from "../core/lanes/estimate-tokens.js";
import { type ChatRequest, isObject, type JsonValue, type Part, readMember } from "../sdk/index.js";

/** What a request may hold. */
export type Modality = "text" | "image" | "audio" | "video" | "file";

/** Tokens of an answer whose request does not limit it, for costs and times. */
const USUAL_ANSWER = 500;
const BYTES_PER_TOKEN = 4;

/** Members of requests, in whatever dialect, that limit the answer. */
const LIMITS = ["max_completion_tokens", "max_output_tokens", "max_tokens"];

// In JSON text the quotes inside a string are escaped, so that a quoted word can only be a whole value or a name.
const signs = (words: readonly string[]): readonly Buffer[] => words.map((word) => Buffer.from(word));

/** What a body holds only if its bytes may be other than text. */
const ENCODED = signs([";base64,", '"base64"', '"input_audio"', '"inlineData"', '"inline_data"']);

/** What a body holds only if something in it may be other than text. */
const MEDIA = signs([
  '"image_url"',
  '"input_image"',
  '"image"',
  '"input_audio"',
  '"audio"',
  '"video_url"',
  '"input_file"',
  '"file"',
  '"document"',
  '"inlineData"',
  '"inline_data"',
  '"fileData"',
  '"file_data"',
]);

/** What a body holds only if it may ask for an answer of a JSON schema. */
const SCHEMA = signs(['"json_schema"', '"responseSchema"', '"responseJsonSchema"', '"response_schema"']);

/**
 * What a request asks for, each found out when it is first asked. A body is searched for signs before it is decoded, and
 * tokens are estimated by its bytes unless some of those are not text.
 */
export class Asked {
  readonly exchange: Exchange;
  #tokens: number | undefined;
  #modalities: ReadonlySet<Modality> | undefined;
  #limit: number | undefined | null = null;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Tokens of the prompt, by its length. */
  get tokens(): number {
    this.#tokens ??= this.#estimate();
    return this.#tokens;
  }

  /** More tokens than the prompt has, by the bytes of its body; undefined where it came without one. */
  get mostTokens(): number | undefined {
    const { wire } = this.exchange.ask;
    return wire === undefined ? undefined : Math.ceil(wire.body.length / BYTES_PER_TOKEN);
  }

  /** Tokens of the longest answer that the request allows; undefined where it sets no limit. */
  get answerLimit(): number | undefined {
    if (this.#limit === null) this.#limit = this.#readLimit();
    return this.#limit;
  }

  /** The same, and a usual number where the request sets no limit. */
  get answerTokens(): number {
    return this.answerLimit ?? (this.exchange.ask.operation === "complete" ? USUAL_ANSWER : 0);
  }

  /** Tokens that an answer probably has. */
  get likelyTokens(): number {
    return Math.min(this.answerTokens, USUAL_ANSWER);
  }

  /** What the messages hold. */
  get modalities(): ReadonlySet<Modality> {
    this.#modalities ??= this.#mayHold(MEDIA) ? modalitiesOf(this.#chat()) : TEXT;
    return this.#modalities;
  }

  /** Whether tools are given. */
  get tools(): boolean {
    const { ask } = this.exchange;
    if (ask.operation === "embed" || ask.operation === "pass_through") return false;
    const { wire } = ask;
    if (wire !== undefined && !wire.members.byName.has("tools")) return false;
    return (this.#chat()?.tools.length ?? 0) > 0;
  }

  /** Whether the answer must be of a JSON schema. */
  get schema(): boolean {
    return this.#mayHold(SCHEMA) && this.#chat()?.responseFormat?.kind.case === "jsonSchema";
  }

  /** The request in the vocabulary; undefined where it is no chat, or cannot be read, which the provider judges. */
  #chat(): ChatRequest | undefined {
    const { ask } = this.exchange;
    if (ask.operation === "embed" || ask.operation === "pass_through") return undefined;
    try {
      return this.exchange.chat();
    } catch {
      return undefined;
    }
  }

  #mayHold(words: readonly Buffer[]): boolean {
    const { wire } = this.exchange.ask;
    return wire === undefined || words.some((word) => wire.body.includes(word));
  }

  #estimate(): number {
    const { ask } = this.exchange;
    const most = this.mostTokens;
    if (ask.operation === "embed") return most ?? embedTokens(ask.embedding?.inputs ?? []);
    if (most !== undefined && !this.#mayHold(ENCODED)) return most;
    const chat = this.#chat();
    return chat === undefined ? (most ?? 0) : estimateTokens(chat);
  }

  #readLimit(): number | undefined {
    const { ask } = this.exchange;
    if (ask.operation !== "complete") return undefined;
    if (ask.chat !== undefined || ask.wire === undefined) return this.#chat()?.maxOutputTokens;
    const { body, members } = ask.wire;
    for (const name of LIMITS) {
      const limit = readMember(body, members, name);
      if (typeof limit === "number") return limit;
    }
    const config = readMember(body, members, "generationConfig") as JsonValue | undefined;
    const limit = isObject(config) ? config.maxOutputTokens : undefined;
    return typeof limit === "number" ? limit : undefined;
  }
}

const TEXT: ReadonlySet<Modality> = new Set(["text"]);

function modalitiesOf(chat: ChatRequest | undefined): ReadonlySet<Modality> {
  const held = new Set<Modality>(["text"]);
  const note = ({ kind }: Part): void => {
    if (kind.case === "image") held.add("image");
    else if (kind.case === "audio") held.add("audio");
    else if (kind.case === "toolResult") kind.value.content.forEach(note);
    // What a file says as text is text anywhere.
    else if (kind.case === "file" && kind.value.source.case !== "text") held.add(modalityOfFile(kind.value.mediaType));
  };
  for (const { parts } of chat?.messages ?? []) parts.forEach(note);
  return held;
}

function modalityOfFile(mediaType: string | undefined): Modality {
  const [kind] = mediaType?.split("/") ?? [];
  return kind === "image" || kind === "audio" || kind === "video" || kind === "text" ? kind : "file";
}

function embedTokens(inputs: NonNullable<Extract<Exchange["ask"], { operation: "embed" }>["embedding"]>["inputs"]) {
  let tokens = 0;
  for (const { kind } of inputs) {
    if (kind.case === "tokens") tokens += kind.value.ids.length;
    else if (kind.case === "text") tokens += Math.ceil(Buffer.byteLength(kind.value) / BYTES_PER_TOKEN);
  }
  return tokens;
}
