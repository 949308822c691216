import type { ChatDialect, EmbeddingDialect } from "../dialect.js";
import type { Provider, ProviderSettings } from "../provider.js";
import { speakWire } from "../speak-wire.js";
import { answerAs } from "./behaviours.js";
import { promise, Unsupported } from "./verdict.js";
import { chat, embedding, houseChatRecordings, houseEmbeddingRecordings } from "./house-recordings.js";
import { type Behaviour, type LocalUpstream, startLocalUpstream } from "./local-upstream.js";
import type { Recording } from "./recording.js";
import { type Outcome, runCall, type RunOptions } from "./run-call.js";
import type { Subject } from "./subject.js";

/** The dialects of the house, by name, for plugins that speak one. */
export interface HouseDialects {
  readonly chat: ReadonlyMap<string, ChatDialect>;
  readonly embeddings: ReadonlyMap<string, EmbeddingDialect>;
}

/** What every check works with. */
export interface Kit {
  readonly subject: Subject;
  readonly upstream: LocalUpstream;
  /** The credential of every provider of the kit. Nothing that a plugin says may hold it. */
  readonly apiKey: string;
  /** The dialect of the house that it speaks, if it speaks one. */
  readonly dialect: ChatDialect | undefined;
  /** The provider that most checks share. Throws a `Broken` where there is none. */
  provider(): Promise<Provider>;
  /** Makes a provider of its own; closed with the kit. */
  make(settings?: Partial<ProviderSettings>): Promise<Provider>;
  /** Answers of the server that end well. Throws an `Unsupported` where there are none. */
  good(operation: Recording["ask"]["operation"], stream?: boolean): readonly [Recording, ...Recording[]];
  /** Every recording, those of refusals and errors included. */
  readonly recordings: readonly Recording[];
  /** Lets the server answer by that recording, or otherwise, and calls the provider as it asks. */
  play(recording: Recording, behaviour?: Behaviour, options?: RunOptions & { provider?: Provider }): Promise<Outcome>;
  /** Why no provider can be made at all; undefined when one can. */
  readonly unmade: unknown;
  /** Rejections that nobody handled, since the kit was opened. */
  readonly unhandled: readonly unknown[];
  /** Throws an `Unsupported` where the plugin calls no server. */
  needUpstream(): void;
  close(): Promise<void>;
}

/** Starts the server, and reads what there is to play. */
export async function openKit(subject: Subject, dialects: HouseDialects): Promise<Kit> {
  const upstream = await startLocalUpstream();
  const { conformance } = subject;
  const apiKey = conformance.apiKey ?? `pk-conformance-${Math.random().toString(36).slice(2, 12)}-canary`;
  const made: Provider[] = [];
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", hear);
  let shared: Promise<Provider> | undefined;

  const raw = (given: Partial<ProviderSettings> = {}): Promise<Provider> =>
    subject.create({ name: "conformance", baseUrl: upstream.url, apiKey, settings: conformance.settings, ...given });
  const make: Kit["make"] = async (given) => {
    const provider = speakWire(await raw(given), dialects);
    made.push(provider);
    // A call that it should not make is to be over before those are counted that it should.
    await new Promise((resolve) => setTimeout(resolve, 60));
    return provider;
  };

  // What a wire says of itself is all that is asked of this one.
  let unmade: unknown;
  const wire = await raw().then(
    async (provider) => {
      await provider.close?.();
      return provider.wire;
    },
    (error: unknown) => {
      unmade = error;
      return undefined;
    },
  );
  const spoken = wire?.chat?.dialect ?? subject.dialects?.chat;
  const dialect = typeof spoken === "string" ? dialects.chat.get(spoken) : undefined;
  const embedded = wire?.embeddings?.dialect ?? subject.dialects?.embeddings;
  const embeddings = typeof embedded === "string" ? dialects.embeddings.get(embedded) : undefined;
  const { models } = conformance;
  const house = [
    ...(dialect ? houseChatRecordings(dialect, models.complete ?? "conformance-model") : []),
    ...(embeddings ? houseEmbeddingRecordings(embeddings, models.embed ?? "conformance-model") : []),
  ];
  const recordings = conformance.upstream
    ? [...house, ...subject.recordings]
    : [...ownAnswers(subject), ...subject.recordings];

  return {
    subject,
    upstream,
    apiKey,
    dialect,
    make,
    unmade,
    unhandled,
    recordings,
    provider: () => (shared ??= make()),
    good(operation, stream) {
      if (!subject.capabilities.includes(operation))
        throw new Unsupported(`Its manifest does not promise ${operation}.`);
      const [first, ...rest] = recordings.filter(
        ({ ask, answer, expect }) =>
          ask.operation === operation &&
          answer.status < 300 &&
          expect.error === undefined &&
          (stream === undefined || ask.operation !== "complete" || ask.stream === stream),
      );
      const kind = operation === "complete" && stream !== undefined ? (stream ? " as a stream" : " whole") : "";
      if (first === undefined) throw new Unsupported(`It ships no recording of ${operation}${kind}.`);
      return [first, ...rest];
    },
    async play(recording, behaviour = answerAs(recording.answer), { provider, ...options } = {}) {
      const asked = provider ?? (await (shared ??= make()));
      upstream.behave(behaviour);
      return runCall(asked, recording.ask, options);
    },
    needUpstream() {
      if (!conformance.upstream) throw new Unsupported("It calls no server.");
    },
    async close() {
      process.off("unhandledRejection", hear);
      for (const provider of made) await provider.close?.();
      await upstream.close();
    },
  };
}

/** For a plugin without a server: it is asked, and nothing is expected but what every answer must be. */
function ownAnswers({ conformance: { models } }: Subject): Recording[] {
  const answer = { status: 200, headers: {}, bytes: Buffer.alloc(0), cut: "whole" as const };
  const model = models.complete ?? "conformance-model";
  return [
    { name: "own", ask: chat(model, false, false), answer, expect: {}, pair: "own" },
    { name: "own-stream", ask: chat(model, true, false), answer, expect: {}, pair: "own" },
    {
      name: "own-count",
      ask: { operation: "count_tokens", model: models.count_tokens ?? model, chat: chat(model, false, false).chat },
      answer,
      expect: {},
    },
    { name: "own-embeddings", ask: embedding(models.embed ?? model), answer, expect: {} },
  ];
}

/** Waits until `holds`, a second at most. Throws a `Broken` where it does not come to hold. */
export async function soon(holds: () => boolean, expected: string, came: () => string, limitMs = 1000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!holds()) {
    promise(performance.now() < end, expected, came());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
