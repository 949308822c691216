import type { JsonObject } from "@bufbuild/protobuf";
import type { ChatRequest } from "../gen/parlance/v1/chat_pb.js";
import type { Chunk, Completion, Finish } from "../gen/parlance/v1/completion_pb.js";
import type { EmbeddingRequest, EmbeddingResult } from "../gen/parlance/v1/embedding_pb.js";
import type { Usage } from "../gen/parlance/v1/usage_pb.js";
import type { ErrorCode, ParlanceError } from "./errors.js";
import type { Members } from "./json-skim.js";
import type { Losses } from "./losses.js";
import type { SseEvent } from "./sse.js";
import type { StreamFraming } from "./stream-framing.js";

/**
 * What a target's model can do, as far as an encoder must know it. A provider plugin tells it by model name;
 * what is absent is taken as the newest models of the dialect have it.
 */
export interface ModelTraits {
  /** Most tokens that the model can generate; sent where the dialect requires a limit and the caller gave none. */
  readonly maxOutputTokens?: number;
  /** How the model takes sampling: any field, temperature or top_p but not both, or only its defaults. */
  readonly sampling?: "any" | "one_of_temperature_top_p" | "fixed";
  /** How the model reasons: not at all, by a token budget, or by effort of its own choosing. */
  readonly reasoning?: "none" | "budget" | "adaptive";
  /** Words of the dialect for the steps of effort that the model knows, least first; `none` where it can do without. */
  readonly efforts?: readonly string[];
  /** Whether it obeys a JSON schema by itself. */
  readonly jsonSchema?: boolean;
  /** Whether it takes tools and a form of the answer in one request. */
  readonly toolsWithFormat?: boolean;
  /** Whether a system message may come after the conversation has begun. */
  readonly systemInConversation?: boolean;
  /** Whether a last message of the assistant is continued. */
  readonly prefill?: boolean;
  /** Role in which instructions are sent. */
  readonly systemRole?: "system" | "developer";
  /** Name of the field that limits generated tokens. */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens";
  /** False where the server refuses the role `developer`. */
  readonly developerRole?: boolean;
  /**
   * Members at the top of a request that the server refuses, by their names on the wire: they are left out, and told. A
   * caller's own body that has one of them is translated, although it is of the dialect.
   */
  readonly refuses?: readonly string[];
  /** Members at the top of a request that the server calls by another name, by the name that the dialect has. */
  readonly renames?: Readonly<Record<string, string>>;
  /**
   * Where the server wants back the reasoning of earlier answers: a field of the message, or, with `thinking`, a piece of
   * its content. Absent means where the answer had it.
   */
  readonly reasoningField?: "reasoning_content" | "reasoning" | "thinking";
  /** Whether the model answers at `wire.completions`; false for one that is there for chats alone. */
  readonly completions?: boolean;
}

/** The target that a request is encoded for. */
export interface EncodeTarget {
  /** The provider's own name for the model. */
  readonly model: string;
  /** Whether a stream is asked for. Usage is always asked for with it. */
  readonly stream: boolean;
  readonly traits: ModelTraits;
  readonly losses: Losses;
}

/** What an encoder of answers must know of the request that is answered. */
export interface AnswerContext {
  /** The gateway's id of the exchange, for answers that need an id and got none. */
  readonly requestId: string;
  /** The model name that the caller asked for: given where the answer has none. */
  readonly model: string;
  /** Unix seconds, for answers that need a time and got none. */
  readonly created: number;
  /** Whether a streaming caller asked for usage (`stream_options.include_usage`). */
  readonly includeUsage: boolean;
  /** Whether the request declared the legacy `functions`, so that calls are answered as `function_call`. */
  readonly legacyFunctions: boolean;
  /** Text that every answer begins with, as the caller asked for it (`ChatDialect.echo`). Absent means none. */
  readonly echo?: string | undefined;
  /**
   * The request that is answered, for dialects whose answers repeat it. A function, since a request that passes verbatim
   * is never decoded. Absent means that nothing is repeated.
   */
  readonly request?: (() => ChatRequest) | undefined;
}

/** Reads the events of one stream into chunks. Made for every stream; holds its state. */
export interface StreamDecoder {
  /** Adds the chunks of one event to `out`. Throws a `ParlanceError` for an error event or a malformed one. */
  decode(event: SseEvent, out: Chunk[]): void;
  /** The bytes have ended: adds what was open to `out`. Throws `stream_unfinished` when the answer was not whole. */
  end(out: Chunk[]): void;
}

/** Writes chunks as the events of one stream. Made for every stream; holds its state. */
export interface StreamEncoder {
  /** Wire text of one chunk, framing included; empty when the dialect writes nothing for it. */
  encode(chunk: Chunk): string;
  /** Wire text that tells the client that the stream failed, and ends it. */
  error(error: ParlanceError): string;
  /** Wire text that says nothing, for a stream that is silent: proxies and clients give up a connection without it. */
  keepAlive(): string;
}

/** Reads a stream that passes verbatim: whole events only, and no more of them than it must. */
export interface Passage {
  /**
   * Takes one or more whole events and gives the bytes to send on: the same buffer, unless an event is to be
   * withheld from the client (usage that only the gateway asked for).
   */
  push(events: Buffer): Buffer;
  /** True once text, reasoning, a tool call or another piece of the answer has passed. */
  readonly content: boolean;
  /** True once the stream has said that it is whole. */
  readonly finished: boolean;
  /** Set when an event told an error. */
  readonly error: ParlanceError | undefined;
  readonly usage: Usage | undefined;
  readonly finish: Finish | undefined;
}

/** What a verbatim answer tells in passing. */
export interface Gleaned {
  readonly usage: Usage | undefined;
  readonly finish: Finish | undefined;
}

/** What is common to every dialect: its name, how a provider's refusal is read, and which headers are whose. */
export interface TargetErrors {
  /** Such as `openai-chat`. */
  readonly name: string;
  /** Makes a provider's refusal into an error of the table, its message, field and code kept. */
  decodeError(this: void, status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError;
  /**
   * Whether a provider's header, by its lower-case name, is for the caller: asked of answers in the verbatim lane.
   * Absent means that none is. What names the provider's server, account or connection never is.
   */
  isForCaller?(header: string): boolean;
  /** What of a caller's headers belongs to the request itself. Absent means nothing. */
  readonly callerHeaders?: CallerHeaders;
}

/** What is common to every dialect of a door: how it tells its callers of errors. */
export interface ErrorDialect extends TargetErrors {
  /** The error as a JSON body in this dialect. */
  encodeError(error: ParlanceError, requestId: string): JsonObject;
  /** HTTP statuses that this dialect has for codes of the table in place of the table's own. */
  readonly statuses?: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Header in which callers look for the id of a request, in lower case. Absent means `x-request-id`. */
  readonly requestIdHeader?: string;
}

/**
 * Headers of a caller, by lower-case name, that a target of the same dialect gets with the caller's body: in the place
 * of the provider's own value, or joined to it as a list. Credentials are never among them.
 */
export type CallerHeaders = Readonly<Record<string, "replace" | "join">>;

/** Headers by lower-case name. */
export type ReadonlyHeaders = Readonly<Record<string, string | undefined>>;

/**
 * The outward half of a wire format for chat: how a provider is asked, and how its answers are read. All that a plugin
 * needs of a format that only its own provider speaks. No clock, no network.
 * Plain functions: a plugin's dialect may take them over one by one.
 * Law: any split of a stream's bytes gives the same chunks.
 */
export interface TargetDialect extends TargetErrors {
  /** A request as JSON text for a target. What cannot be said is told to `target.losses`. */
  encodeRequest(this: void, request: ChatRequest, target: EncodeTarget): string;
  /** A provider's whole answer. Throws `malformed_answer` when it is not one. */
  decodeResponse(this: void, text: string): Completion;
  streamDecoder(this: void): StreamDecoder;
  /** How its streams are cut into events. Absent means server-sent events. */
  readonly framing?: StreamFraming;
  /** For dialects whose providers seal what they reason. */
  readonly seals?: {
    /** Whether a provider's refusal says that it cannot read a seal: the request is then sent again without any. */
    refused(error: ParlanceError): boolean;
  };
  /** For dialects that can count tokens without an answer. */
  readonly tokenCount?: {
    encodeRequest(request: ChatRequest, target: EncodeTarget): string;
    decodeResponse(text: string): number;
  };
}

/**
 * A wire format for chat, as a pure two-way codec. No clock, no network, no provider's name.
 * Laws: decode then encode gives back the same JSON; any split of a stream's bytes gives the same chunks.
 */
export interface ChatDialect extends TargetDialect, ErrorDialect {
  /**
   * A caller's request. `text` is the JSON as it came, for numbers that a parse would bend. A wire that names the model
   * in the path leaves `model` empty: the door knows it. Throws `invalid_request` that names the field.
   */
  decodeRequest(text: string): ChatRequest;
  /** A whole answer as JSON text; `completion.losses` are told in it. */
  encodeResponse(completion: Completion, context: AnswerContext): string;
  streamEncoder(context: AnswerContext): StreamEncoder;

  /**
   * The caller's body for a target of the same dialect: the same bytes, but for the model's name and a request for
   * usage that the gateway needs for its own books, unless the target refuses it. `members` are the body's top-level
   * members.
   */
  spliceRequest(
    body: Buffer,
    members: Members,
    target: { readonly model: string; readonly stream: boolean; readonly traits?: ModelTraits | undefined },
  ): Buffer;
  /**
   * What of a caller's body only the provider that made it can read: reasoning under a seal. Absent means that such a
   * body goes up as it is.
   */
  readonly seals?: NonNullable<TargetDialect["seals"]> & {
    /**
     * The body without what no server of the dialect takes back, or, with `all`, without every seal. Each is told to
     * `losses`. The same buffer when nothing is removed, which costs a native search.
     */
    remove(body: Buffer, members: Members, all: boolean, losses: Losses): Buffer;
  };
  /** A reader for a verbatim stream. `withholdUsage` when the caller did not ask for usage and the gateway did. */
  passage(withholdUsage: boolean): Passage;
  /** Usage and finish of a whole verbatim answer. */
  glean(body: Buffer): Gleaned;
  /**
   * Whether the caller's body can go up as it is to a model of these traits. Absent means that every one can. One that
   * cannot is decoded and encoded anew, by the same dialect.
   */
  fits?(body: Buffer, members: Members, traits: ModelTraits): boolean;
  /** Whether the caller of this body asked for usage in its stream. */
  asksForUsage(body: Buffer, members: Members): boolean;
  /** The text that the caller of this body wants its answers to begin with. Absent where the wire has no such wish. */
  echo?(body: Buffer, members: Members): string | undefined;

  /**
   * The refusal of a request that leans on a conversation which only a server of the dialect holds, for a target of
   * another: without it the model would be asked something else. Absent where no request of the dialect does.
   */
  refusalElsewhere?(request: ChatRequest): ParlanceError | undefined;

  readonly tokenCount?: NonNullable<TargetDialect["tokenCount"]> & {
    /** A count as JSON text. */
    encodeResponse(tokens: number): string;
  };
}

/** What a door needs of a dialect to be asked and to answer in it: a shape that no provider speaks has no more. */
export interface ChatFacade
  extends ErrorDialect,
    Pick<
      ChatDialect,
      "decodeRequest" | "encodeResponse" | "streamEncoder" | "asksForUsage" | "echo" | "refusalElsewhere"
    > {}

/** The outward half of a wire format for embeddings: how a provider is asked, and how its answers are read. */
export interface TargetEmbeddingDialect extends TargetErrors {
  encodeRequest(
    this: void,
    request: EmbeddingRequest,
    target: { readonly model: string; readonly losses: Losses },
  ): string;
  decodeResponse(this: void, text: string): EmbeddingResult;
}

/** A wire format for embeddings, as a pure two-way codec. */
export interface EmbeddingDialect extends TargetEmbeddingDialect, ErrorDialect {
  decodeRequest(text: string): EmbeddingRequest;
  /** `base64` when the caller asked for that encoding of vectors. */
  encodeResponse(result: EmbeddingResult, context: { readonly model: string; readonly base64: boolean }): string;
  spliceRequest(body: Buffer, members: Members, target: { readonly model: string }): Buffer;
  glean(body: Buffer): Gleaned;
  /** Whether the vectors of a whole answer are encoded as the caller asked; some servers know one encoding only. */
  isEncodedAs(body: Buffer, encoding: { readonly base64: boolean }): boolean;
}
