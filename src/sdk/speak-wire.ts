import type { ChatRequest } from "../gen/parlance/v1/chat_pb.js";
import type { Chunk } from "../gen/parlance/v1/completion_pb.js";
import type { Loss } from "../gen/parlance/v1/usage_pb.js";
import type { UpstreamTimeouts } from "./connection-error.js";
import type { TargetErrors, TargetDialect, TargetEmbeddingDialect } from "./dialect.js";
import { ParlanceError } from "./errors.js";
import { findDialect } from "./find-dialect.js";
import { createHttpClient, type HttpAnswer, type HttpClient } from "./http.js";
import { Losses } from "./losses.js";
import { modelPath } from "./model-path.js";
import { noCredential } from "./no-credential.js";
import { type AddedHeaders, nameAt, type Provider, type ProviderCall, type Wire } from "./provider.js";
import { readBody, readRefusal, refuseBody } from "./read-answer.js";
import { StreamReader } from "./stream-reader.js";
import { unreadable } from "./unreadable.js";
import { unfold } from "./unfold.js";

/** With what a wire provider is spoken for. */
export interface SpeakWireOptions {
  /** The dialects of the house for chat, by name. */
  readonly chat: ReadonlyMap<string, TargetDialect>;
  /** The dialects of the house for embeddings, by name. */
  readonly embeddings: ReadonlyMap<string, TargetEmbeddingDialect>;
  /** Headers that the operator adds to every call, by name. They win over the plugin's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent means `DEFAULT_TIMEOUTS`, each by itself. */
  readonly timeouts?: Partial<UpstreamTimeouts>;
  /** Sent as `user-agent`. Absent means `parlance`. */
  readonly userAgent?: string;
}

/**
 * Makes a provider that speaks for itself of a wire provider: it makes the calls that the gateway would make for it, so
 * that it can run where the gateway's own connections are not. Everything is translated; what an encoder loses is told in
 * the answer, or refused where the request is strict. A provider without a wire comes back as it is.
 */
export function speakWire(provider: Provider, options: SpeakWireOptions): Provider {
  const { wire, ...own } = provider;
  if (wire === undefined) return provider;
  const http = createHttpClient(options.timeouts);
  const caller = { provider, wire, http, options, headers: headersOf(wire, options) };
  return {
    ...own,
    ...methodsOf(caller),
    // Methods may lean on `this`.
    ...(provider.traits && { traits: (model: string) => provider.traits?.(model) ?? {} }),
    async close() {
      await http.close();
      await provider.close?.();
    },
  };
}

interface Caller {
  readonly provider: Provider;
  readonly wire: Wire;
  readonly http: HttpClient;
  readonly options: SpeakWireOptions;
  readonly headers: Readonly<Record<string, string>>;
}

function methodsOf(caller: Caller): Pick<Provider, "complete" | "embed" | "countTokens"> {
  const { provider, wire, options } = caller;
  const { chat, embeddings, tokenCount } = wire;
  const complete = provider.complete?.bind(provider);
  const embed = provider.embed?.bind(provider);
  const countTokens = provider.countTokens?.bind(provider);
  return {
    ...(chat !== undefined
      ? {
          complete: (request: ChatRequest, call: ProviderCall) => {
            const path = (call.stream ? chat.streamPath : undefined) ?? chat.path;
            return completeOver(caller, findDialect(options.chat, chat), path, request, call);
          },
        }
      : complete && { complete }),
    ...(embeddings !== undefined
      ? {
          async embed(request, call) {
            const dialect = findDialect(options.embeddings, embeddings);
            const losses = new Losses(request.strict);
            const body = dialect.encodeRequest(request, { model: nameAt(wire, call.model), losses });
            const answer = await post(caller, embeddings.path, body, call);
            const result = dialect.decodeResponse(await wholeText(answer, dialect));
            result.losses.unshift(...losses.list);
            return result;
          },
        }
      : embed && { embed }),
    ...(chat !== undefined && tokenCount !== undefined
      ? {
          async countTokens(request, call) {
            const dialect = findDialect(options.chat, chat);
            const codec = dialect.tokenCount;
            if (codec === undefined) {
              throw new ParlanceError("unsupported", `The dialect ${dialect.name} cannot count tokens.`);
            }
            const losses = new Losses(request.strict);
            const spoken = codec.encodeRequest(request, encodeTarget(caller, call, losses, false));
            const body = tokenCount.rewrite?.(spoken) ?? spoken;
            return codec.decodeResponse(await wholeText(await post(caller, tokenCount.path, body, call), dialect));
          },
        }
      : countTokens && { countTokens }),
  } satisfies Pick<Provider, "complete" | "embed" | "countTokens">;
}

async function* completeOver(
  caller: Caller,
  dialect: TargetDialect,
  path: string,
  request: ChatRequest,
  call: ProviderCall,
): AsyncGenerator<Chunk, void, undefined> {
  const losses = new Losses(request.strict);
  const body = dialect.encodeRequest(request, encodeTarget(caller, call, losses, call.stream));
  const answer = await post(caller, path, body, call);
  if (!call.stream) {
    const completion = dialect.decodeResponse(await wholeText(answer, dialect));
    yield* withLosses(unfold(completion), losses.list);
    return;
  }
  await refuse(answer, dialect);
  for await (const chunks of streamOf(answer, dialect)) yield* withLosses(chunks, losses.list);
}

/** The chunks of a stream, as many at once as came at once. */
async function* streamOf(answer: HttpAnswer, dialect: TargetDialect): AsyncGenerator<Chunk[], void, undefined> {
  let ready: Chunk[] = [];
  const reader = new StreamReader(dialect, (chunks) => {
    ready = ready.length === 0 ? chunks : [...ready, ...chunks];
  });
  const take = (): Chunk[] => {
    const taken = ready;
    ready = [];
    return taken;
  };
  const bytes = answer.body[Symbol.asyncIterator]();
  let over = false;
  try {
    reader.head(answer.headers["content-type"] ?? "");
    while (!over && !reader.whole) {
      const next = await nextOf(bytes, reader);
      over = next === undefined;
      const failure = attempt(() => (next === undefined ? reader.end() : reader.data(next)));
      // What came before a failure is still the answer's.
      yield take();
      if (failure !== undefined) throw unreadable(failure.thrown);
    }
  } finally {
    // A finished answer's last bytes are read, so that the connection can be used again.
    if (reader.whole && !over) void drain(bytes);
    else await bytes.return?.();
  }
}

/** The next bytes, or undefined at their end, which a cut is too when all that matters has come. */
async function nextOf(bytes: AsyncIterator<Buffer>, reader: StreamReader): Promise<Buffer | undefined> {
  try {
    const next = await bytes.next();
    return next.done === true ? undefined : next.value;
  } catch (thrown) {
    const left = ParlanceError.is(thrown) && thrown.code === "cancelled";
    if (left || !reader.cut()) throw thrown;
    return undefined;
  }
}

function attempt(act: () => void): { readonly thrown: unknown } | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}

const DRAIN_BYTES = 64 * 1024;
const DRAIN_MS = 500;

/** Reads what is left of an answer that is whole: what is long or slow ends with its connection. */
async function drain(bytes: AsyncIterator<Buffer>): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void bytes.return?.();
  }, DRAIN_MS);
  try {
    let size = 0;
    for (let next = await bytes.next(); next.done !== true; next = await bytes.next()) {
      size += next.value.length;
      if (late || size > DRAIN_BYTES) break;
    }
    await bytes.return?.();
  } catch {
    // The answer is whole; how its connection ends is nobody's concern.
  } finally {
    clearTimeout(timer);
  }
}

/** Losses of the request are told where the answer ends, before those of the answer itself. */
function withLosses(chunks: Chunk[], losses: readonly Loss[]): Chunk[] {
  const { event } = chunks.at(-1) ?? {};
  if (event?.case === "completionEnd") event.value.losses.unshift(...losses);
  return chunks;
}

function encodeTarget({ provider, wire }: Caller, { model }: ProviderCall, losses: Losses, stream: boolean) {
  return { model: nameAt(wire, model), stream, traits: provider.traits?.(model) ?? {}, losses };
}

async function wholeText(answer: HttpAnswer, dialect: TargetErrors): Promise<string> {
  await refuse(answer, dialect);
  await refuseBody(answer, "json", "JSON");
  return (await readBody(answer)).toString("utf8");
}

/** Throws the refusal of an answer that is one. */
async function refuse(answer: HttpAnswer, dialect: TargetErrors): Promise<void> {
  if (answer.status >= 200 && answer.status < 300) return;
  throw dialect.decodeError(answer.status, answer.headers, await readRefusal(answer));
}

function headersOf(wire: Wire, options: SpeakWireOptions): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": options.userAgent ?? "parlance",
  };
  for (const [name, value] of Object.entries(wire.headers)) headers[name.toLowerCase()] = value;
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
  return headers;
}

async function post(
  { wire, http, headers }: Caller,
  path: string,
  body: string,
  call: ProviderCall,
): Promise<HttpAnswer> {
  const { model, signal } = call;
  const url = wire.baseUrl + modelPath(path, nameAt(wire, model));
  let added: AddedHeaders | undefined;
  try {
    added = await wire.authorize?.({ method: "POST", url, headers, body });
  } catch (thrown) {
    throw noCredential(thrown);
  }
  const answer = await http.send({ url, headers: { ...headers, ...added }, body, signal });
  if (answer.status === 401 || answer.status === 403) wire.refused?.();
  return answer;
}
