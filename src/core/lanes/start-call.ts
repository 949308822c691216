import {
  type ChatDialect,
  type ChatRequest,
  type EncodeTarget,
  type TargetErrors,
  findDialect,
  Lane,
  MAX_ANSWER_BYTES,
  modelPath,
  nameAt,
  type ModelTraits,
  ParlanceError,
  type ProviderCall,
  skim,
  type TargetDialect,
  type TargetEmbeddingDialect,
  type WireEndpoint,
} from "../../sdk/index.js";
import type { Exchange, WireRequest } from "../exchange.js";
import type { Target } from "../target.js";
import type { UpstreamHandle } from "../upstream.js";
import type { CallInit } from "./call-init.js";
import { chatEndpoint, countPath } from "./chat-endpoint.js";
import { tellOmittedHeaders, withCallerHeaders } from "./caller-headers.js";
import { estimate, estimateInstead } from "./estimate-instead.js";
import type { LaneCall } from "./lane.js";
import { keepAnswers } from "./keep-answers.js";
import { markCompletion } from "./mark-maker.js";
import { NativeCall, silenceLimits } from "./native-call.js";
import { startPass } from "./pass-call.js";
import { readableBy } from "./readable.js";
import { refuseElsewhere } from "./refuse-elsewhere.js";
import { refuseNothing } from "./refuse-nothing.js";
import { withPassedHeaders } from "./through-headers.js";
import { TranslatedStream } from "./translated-stream.js";
import { VerbatimStream } from "./verbatim-stream.js";
import { WholeReader } from "./whole-reader.js";
import { type BodyReader, WireReceiver } from "./wire-call.js";

/**
 * Picks the lane and starts the call: verbatim when the client's dialect is the target's own, else translated, else the
 * provider's own methods. Throws when the request cannot be said in the target's dialect.
 */
export function startCall(init: CallInit): LaneCall {
  const { operation } = init.exchange.ask;
  if (operation === "pass_through") return startPass(init);
  if (operation === "complete") return startCompletion(init);
  return operation === "embed" ? startEmbedding(init) : startTokenCount(init);
}

function startCompletion(init: CallInit): LaneCall {
  const { exchange, target, ready, dialects, events } = init;
  const endpoint = completionEndpoint(init);
  if (endpoint === undefined) {
    const { provider } = ready;
    if (provider.complete === undefined) throw cannot(target, "complete chats");
    tellOmittedHeaders(exchange);
    const call = new NativeCall(events, target.provider.plugin, silenceLimits(ready.timeouts));
    // What is strict may be the model, or a header of the caller.
    const request = { ...readable(init), strict: exchange.losses.strict };
    void call.stream(provider.complete(request, callOf(init, call)), exchange.stream, target.provider.name);
    return call;
  }
  const dialect = findDialect<TargetDialect>(dialects.chat, endpoint);
  const path = modelPath(
    (exchange.stream ? endpoint.streamPath : undefined) ?? endpoint.path,
    nameAt(ready.provider.wire, target.upstreamModel),
  );
  const wire = exchange.wire as WireRequest<ChatDialect> | undefined;
  // To a vendor's API itself nothing is added: what it tells of usage unasked must do.
  const exact = exchange.through !== undefined;
  const traits = ready.traits(target.upstreamModel);
  if (wire !== undefined && wire.dialect === dialect && (exact || fits(wire, traits))) {
    const spoken = wire.dialect;
    const asks = exchange.stream && !exact;
    const body = spliceChat(init, spoken, wire, asks);
    if (exchange.stream) {
      const withhold = asks && !spoken.asksForUsage(wire.body, wire.members);
      const reader = new VerbatimStream(spoken, withhold, events, exact);
      return post(init, Lane.VERBATIM, dialect, path, body, reader, () => reader.gleaned);
    }
    const reader = new WholeReader(
      (bytes, contentType) => {
        const gleaned = spoken.glean(bytes);
        const value = () =>
          ({ kind: "completion", completion: spoken.decodeResponse(bytes.toString("utf8")) }) as const;
        // An answer that does not tell how it ended may be an error in a 200, or none: the decode finds out.
        if (gleaned.finish === undefined) refuseNothing(value().completion);
        return { answer: { bytes, contentType, value }, gleaned };
      },
      events,
      MAX_ANSWER_BYTES,
    );
    return post(init, Lane.VERBATIM, dialect, path, body, reader, () => reader.gleaned);
  }
  refuseElsewhere(exchange, dialect);
  tellOmittedHeaders(exchange);
  const body = dialect.encodeRequest(readable(init), encodeTarget(init, exchange.stream));
  if (exchange.stream) {
    const reader = new TranslatedStream(dialect, events, target.provider.name);
    return post(init, Lane.TRANSLATED, dialect, path, body, reader, () => reader);
  }
  const reader = new WholeReader(
    (bytes) => {
      const completion = refuseNothing(dialect.decodeResponse(bytes.toString("utf8")));
      markCompletion(completion, target.provider.name);
      return {
        answer: { bytes: undefined, contentType: "", value: () => ({ kind: "completion", completion }) },
        gleaned: { usage: completion.usage, finish: completion.choices[0]?.finish },
      };
    },
    events,
    MAX_ANSWER_BYTES,
  );
  return post(init, Lane.TRANSLATED, dialect, path, body, reader, () => reader.gleaned);
}

/** Whether the caller's own words can go up to a model of these traits. */
function fits({ dialect, body, members }: WireRequest<ChatDialect>, traits: ModelTraits | undefined): boolean {
  return traits === undefined || dialect.fits === undefined || dialect.fits(body, members, traits);
}

/** The caller's body for a target of its own dialect, without what the target could not read. */
function spliceChat(
  { exchange, target, ready }: CallInit,
  dialect: ChatDialect,
  { body, members }: Pick<WireRequest<unknown>, "body" | "members">,
  stream: boolean,
): Buffer {
  // To a vendor's API itself the body goes as it is.
  const seals = exchange.through === undefined ? dialect.seals : undefined;
  const readableBody = seals?.remove(body, members, exchange.withoutSeals, exchange.losses) ?? body;
  return dialect.spliceRequest(readableBody, readableBody === body ? members : skim(readableBody), {
    model: nameAt(ready.provider.wire, target.upstreamModel),
    stream,
    traits: ready.traits(target.upstreamModel),
  });
}

/** The request in the vocabulary, with what the target's provider could not read marked. */
function readable({ exchange, target }: CallInit): ChatRequest {
  return readableBy(target.provider.name, exchange.chat(), exchange.withoutSeals);
}

/** The endpoint of the caller's own dialect where the model answers there, else the one for chats. */
function completionEndpoint({ exchange, target, ready }: CallInit): WireEndpoint | undefined {
  const { wire } = ready.provider;
  const own = wire?.completions;
  const asked = exchange.ask.wire?.dialect;
  if (own === undefined || asked?.name !== own.dialect) return chatEndpoint(wire, asked);
  return ready.traits(target.upstreamModel)?.completions === false ? wire?.chat : own;
}

function startEmbedding(init: CallInit): LaneCall {
  const { exchange, target, ready, dialects, events } = init;
  const endpoint = ready.provider.wire?.embeddings;
  if (endpoint === undefined) {
    const { provider } = ready;
    if (provider.embed === undefined) throw cannot(target, "make embeddings");
    const call = new NativeCall(events, target.provider.plugin, silenceLimits(ready.timeouts));
    void call.single(
      provider
        .embed({ ...exchange.embedding(), strict: exchange.losses.strict }, callOf(init, call))
        .then((result) => ({ kind: "embeddings", result }) as const),
    );
    return call;
  }
  const dialect = findDialect<TargetEmbeddingDialect>(dialects.embeddings, endpoint);
  const { wire } = exchange.ask as Extract<Exchange["ask"], { operation: "embed" }>;
  const own = wire !== undefined && wire.dialect === dialect ? wire : undefined;
  const model = nameAt(ready.provider.wire, target.upstreamModel);
  const body = own
    ? own.dialect.spliceRequest(own.body, own.members, { model })
    : dialect.encodeRequest(exchange.embedding(), { model, losses: exchange.losses });
  const reader = new WholeReader(
    (bytes, contentType) => {
      const value = () => ({ kind: "embeddings", result: dialect.decodeResponse(bytes.toString("utf8")) }) as const;
      if (own) {
        const gleaned = own.dialect.glean(bytes);
        if (gleaned.usage === undefined) value();
        return { answer: { bytes, contentType, value }, gleaned };
      }
      const decoded = value();
      return {
        answer: { bytes: undefined, contentType: "", value: () => decoded },
        gleaned: { usage: decoded.result.usage, finish: undefined },
      };
    },
    events,
    MAX_ANSWER_BYTES,
  );
  const lane = own ? Lane.VERBATIM : Lane.TRANSLATED;
  return post(init, lane, dialect, modelPath(endpoint.path, model), body, reader, () => reader.gleaned);
}

function startTokenCount(init: CallInit): LaneCall {
  const { exchange, ready, dialects, events } = init;
  const { provider } = ready;
  const { wire } = provider;
  const endpoint = chatEndpoint(wire, exchange.ask.wire?.dialect);
  const dialect = endpoint && findDialect<TargetDialect>(dialects.chat, endpoint);
  const path = countPath(wire, endpoint);
  if (path !== undefined && dialect?.tokenCount !== undefined) {
    const codec = dialect.tokenCount;
    const asked = exchange.wire;
    const own = asked !== undefined && asked.dialect === dialect ? asked : undefined;
    if (!own) tellOmittedHeaders(exchange);
    const spoken = own
      ? spliceChat(init, own.dialect as ChatDialect, own, false)
      : codec.encodeRequest(readable(init), encodeTarget(init, false));
    const body = endpoint === wire?.chat ? (wire?.tokenCount?.rewrite?.(spoken.toString()) ?? spoken) : spoken;
    const counting = estimateInstead(events, exchange);
    const reader = new WholeReader(
      (bytes, contentType) => {
        const inputTokens = codec.decodeResponse(bytes.toString("utf8"));
        const value = () => ({ kind: "token_count", inputTokens, estimated: false }) as const;
        return {
          answer: { bytes: own ? bytes : undefined, contentType, value },
          gleaned: { usage: undefined, finish: undefined },
        };
      },
      counting,
      MAX_ANSWER_BYTES,
    );
    return post(
      { ...init, events: counting },
      own ? Lane.VERBATIM : Lane.TRANSLATED,
      dialect,
      modelPath(path, nameAt(wire, init.target.upstreamModel)),
      body,
      reader,
      () => reader.gleaned,
    );
  }
  tellOmittedHeaders(exchange);
  const call = new NativeCall(events, init.target.provider.plugin, silenceLimits(ready.timeouts));
  const counted =
    provider.countTokens === undefined
      ? Promise.resolve(estimate(exchange))
      : provider
          .countTokens(exchange.chat(), callOf(init, call))
          .then((inputTokens) => ({ kind: "token_count", inputTokens, estimated: false }) as const);
  void call.single(counted);
  return call;
}

function post(
  init: CallInit,
  lane: Lane,
  dialect: TargetErrors,
  path: string,
  body: Buffer | string,
  reader: BodyReader,
  gleaned: LaneCall["gleaned"],
): LaneCall {
  const { exchange, ready, events } = init;
  const { through } = exchange;
  const { wire } = ready.provider;
  const verbatim = lane === Lane.VERBATIM;
  const errors = through === undefined ? dialect : keepAnswers(dialect);
  const receiver = new WireReceiver(errors, reader, events, wire?.requestIdHeader ?? "x-request-id", verbatim);
  if (ready.upstream === undefined) throw new Error("a wire provider has no connections");
  const own =
    through === undefined
      ? ready.headers
      : withPassedHeaders(ready.headers, through.headers, dialect.callerHeaders ?? {}, true, undefined);
  const headers = verbatim
    ? withCallerHeaders(own, dialect, exchange.ask.wire?.headers, wire?.understands, exchange.losses)
    : ready.headers;
  const handle = ready.upstream.post({ path: path + (through?.query ?? ""), headers, body }, receiver);
  return new WireCall(lane, handle, receiver, gleaned);
}

class WireCall implements LaneCall {
  readonly lane: Lane;
  readonly gleaned: LaneCall["gleaned"];
  readonly #handle: UpstreamHandle;
  readonly #receiver: WireReceiver;

  constructor(lane: Lane, handle: UpstreamHandle, receiver: WireReceiver, gleaned: LaneCall["gleaned"]) {
    this.lane = lane;
    this.gleaned = gleaned;
    this.#handle = handle;
    this.#receiver = receiver;
  }

  received(): number {
    return this.#receiver.received;
  }

  pause(): void {
    this.#handle.pause();
  }

  resume(): void {
    this.#handle.resume();
  }

  abort(): void {
    this.#handle.abort();
  }
}

function encodeTarget(init: CallInit, stream: boolean): EncodeTarget {
  const { target, ready, exchange } = init;
  return {
    model: nameAt(ready.provider.wire, target.upstreamModel),
    stream,
    traits: ready.traits(target.upstreamModel) ?? {},
    losses: exchange.losses,
  };
}

function callOf({ exchange, target }: CallInit, call: NativeCall): ProviderCall {
  const stream = exchange.ask.operation === "complete" && exchange.stream;
  return { model: target.upstreamModel, signal: call.signal, requestId: exchange.id, stream };
}

function cannot(target: Target, what: string): ParlanceError {
  return new ParlanceError("unsupported", `The target ${target.name} cannot ${what}.`, { field: "model" });
}
