import type { JsonObject } from "@bufbuild/protobuf";
import type { ChatRequest } from "../gen/parlance/v1/chat_pb.js";
import type { Chunk } from "../gen/parlance/v1/completion_pb.js";
import type { EmbeddingRequest, EmbeddingResult } from "../gen/parlance/v1/embedding_pb.js";
import type { ModelTraits, TargetDialect, TargetEmbeddingDialect } from "./dialect.js";
import type { ModelFacts } from "./model-facts.js";

/** What the operator configured for one provider. */
export interface ProviderSettings {
  /** Name of the provider in the configuration. */
  readonly name: string;
  /** Address without a trailing slash; absent means the vendor's own. */
  readonly baseUrl?: string | undefined;
  /** Credential; absent means none. Never to be logged or put into an error. */
  readonly apiKey?: string | undefined;
  /** The plugin's own settings, already checked against its manifest's schema. */
  readonly settings: JsonObject;
}

/** One operation of a wire provider: the dialect that it speaks, and where. */
export interface WireEndpoint<D = TargetDialect> {
  /**
   * Name of a dialect of the house, such as `openai-chat`; or a dialect that the plugin brings, for a format that only
   * its own provider speaks. Callers of a dialect of the house are answered in their own words where the target speaks
   * it too; to a dialect of the plugin's every request is translated.
   */
  readonly dialect: string | D;
  /**
   * Path after the base URL, such as `/chat/completions`, and its query where it has one. `{model}` in it stands for the
   * provider's own name of the model, for a wire that does not name it in the body: a slash in the name stays one, but
   * with `{model:segment}` it is escaped, so that the name is one step of the path.
   */
  readonly path: string;
  /** Path of streamed answers, where it is another. Absent means `path`. */
  readonly streamPath?: string;
}

/** The name of an endpoint's dialect. */
export function dialectName({ dialect }: WireEndpoint<{ readonly name: string }>): string {
  return typeof dialect === "string" ? dialect : dialect.name;
}

/** A further chat dialect of a wire provider: what is said in it goes up as it came, where the caller speaks it too. */
export interface ChatEndpoint extends WireEndpoint {
  readonly dialect: string;
  /** Where tokens are counted in this dialect. Absent means that they are not. */
  readonly tokenCountPath?: string;
}

/** A vendor's whole API behind a wire provider's address and credential. */
export interface PassThroughApi {
  /** Name of the vendor's API, such as `openai`: what a door of the same name passes on. */
  readonly api: string;
  /**
   * How the vendor's own paths begin that the base URL holds already, such as `/v1` where files are at
   * `<base URL>/files` and the vendor writes `/v1/files`. Absent means that the base URL holds none of them.
   */
  readonly root?: string;
}

/** A provider that the gateway itself calls over HTTP: a dialect, an address, a credential. */
export interface Wire {
  /** Address without a trailing slash. */
  readonly baseUrl: string;
  /** Headers of every call, credential included, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Headers that each call needs anew, added over `headers`: a token that expires, a signature over the body. Called
   * once for each call, just before it is sent; a promise only where it must wait, since a call waits with it. A
   * rejection fails the attempt; throw `provider_unauthenticated` where there is no credential to be had.
   */
  authorize?(call: UnsignedCall): AddedHeaders | Promise<AddedHeaders>;
  /**
   * Told that the server refused the credential of a call (401, or 403 as some say of an expired one): a token that was
   * good may have been withdrawn, so that the next call needs another. Asked only where there is `authorize`.
   */
  refused?(): void;
  /**
   * What the server calls some models, by the name that they have here: deployments of the operator's own. What is not
   * in it goes by its name.
   */
  readonly names?: Readonly<Record<string, string>>;
  readonly chat?: WireEndpoint;
  /** Chat dialects that the server speaks beside the one of `chat`, each for the callers that speak it too. */
  readonly otherChats?: readonly ChatEndpoint[];
  /**
   * Where callers of another chat dialect than that of `chat` are answered in their own, such as legacy completions with
   * their raw prompts. All others go to `chat`, which may be of that dialect too.
   */
  readonly completions?: WireEndpoint & { readonly dialect: string };
  readonly embeddings?: WireEndpoint<TargetEmbeddingDialect>;
  /**
   * Where tokens are counted, in the chat dialect. `{model}` as in the path of an endpoint. `rewrite` gives the body that
   * the server wants where it takes counts in another form than the dialect has.
   */
  readonly tokenCount?: { readonly path: string; readonly rewrite?: (body: string) => string };
  /**
   * Set where the server has the vendor's whole API and not only what the dialects say: files, batches, sound, pictures.
   * Requests for it are then passed on as they come. Absent means that it gets only what a dialect speaks.
   */
  readonly passThrough?: PassThroughApi;
  /**
   * Path after the base URL that lists the server's models and costs no tokens, such as `/models`: asked with GET whether a
   * server that failed is back. Absent means that there is none.
   */
  readonly modelsPath?: string;
  /** Response header that holds the provider's id of a request. Absent means `x-request-id`. */
  readonly requestIdHeader?: string;
  /**
   * Values that this server understands in headers of callers (`ChatDialect.callerHeaders`), by lower-case name of the
   * header; others are left out and told as a loss. Absent means all of them.
   */
  readonly understands?: Readonly<Record<string, readonly string[]>>;
}

/** What a wire's server calls a model. */
export function nameAt(wire: Wire | undefined, model: string): string {
  const { names } = wire ?? {};
  return names !== undefined && Object.hasOwn(names, model) ? (names[model] as string) : model;
}

/** Headers to add to a call, by lower-case name. */
export type AddedHeaders = Readonly<Record<string, string>>;

/** A call as it is about to be sent, for what is signed. */
export interface UnsignedCall {
  readonly method: string;
  /** The whole address, query included. */
  readonly url: string;
  /** Headers so far, by lower-case name. */
  readonly headers: AddedHeaders;
  /** Undefined where there is none, and where it is passed on as it comes and cannot be signed. */
  readonly body: Buffer | string | undefined;
}

/** One call of a provider's method. */
export interface ProviderCall {
  /** The provider's own name of the model. */
  readonly model: string;
  /** Fires when the client leaves, the deadline passes or the gateway stops. The call must end soon after. */
  readonly signal: AbortSignal;
  /** The gateway's id of the exchange. */
  readonly requestId: string;
  /**
   * Whether the caller wants its answer as it is made, so that the provider is asked for a stream. The answer of
   * `complete` is a stream of chunks in any case. False for methods that have one answer.
   */
  readonly stream: boolean;
}

/**
 * A configured provider. Either `wire`, and the gateway speaks for it, or methods of its own, or both.
 * A method makes one call: it does not retry, cache, log bodies or read the environment.
 */
export interface Provider {
  readonly wire?: Wire;
  /**
   * Answers as chunks: `completion_start` first, then parts, one `finish` for every choice, `completion_end` last.
   * An error is thrown as a `ParlanceError`.
   */
  complete?(request: ChatRequest, call: ProviderCall): AsyncIterable<Chunk>;
  embed?(request: EmbeddingRequest, call: ProviderCall): Promise<EmbeddingResult>;
  /** Tokens of the prompt. */
  countTokens?(request: ChatRequest, call: ProviderCall): Promise<number>;
  /** Models to list, where they are known without a call. */
  readonly models?: readonly OfferedModel[];
  /** What a model can do. Absent means that nothing special is known. */
  traits?(model: string): ModelTraits;
  /** Lets go of what the provider holds. */
  close?(): void | Promise<void>;
}

/** A model that a provider is known to offer. */
export interface OfferedModel {
  readonly name: string;
  readonly operations: readonly ("complete" | "embed")[];
  /** What the provider knows of it. The operator's own word wins over it, and it over the catalogue's data. */
  readonly facts?: ModelFacts;
}

/** A provider plugin: the default export of the module that its manifest names as `entry`. */
export interface ProviderPlugin {
  /** Makes a provider from its settings. Throws a `ParlanceError` that names the setting at fault. */
  create(settings: ProviderSettings): Provider;
}

/** Declares a provider plugin; gives it back unchanged, with its type checked. */
export function definePlugin(plugin: ProviderPlugin): ProviderPlugin {
  return plugin;
}
