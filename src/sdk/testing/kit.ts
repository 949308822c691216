import type { ChatDialect, EmbeddingDialect } from "../dialect.js";
import type { Provider, ProviderSettings } from "../provider.js";
import { speakWire } from "../speak-wire.js";
import { answerAs } from "./behaviours.js";
import { promise, Unsupported } from "./verdict.js";
import { chat as askChat, embedding, houseChatRecordings, houseEmbeddingRecordings } from "./house-recordings.js";
import { hearOutput } from "./output.js";
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
  /** Makes a provider of its own; closed with the bench. */
  make(settings?: Partial<ProviderSettings>): Promise<Provider>;
  /** Answers of the server that end well. Throws an `Unsupported` where there are none. */
  good(operation: Recording["ask"]["operation"], stream?: boolean): readonly [Recording, ...Recording[]];
  /** Every recording, those of refusals and errors included. */
  readonly recordings: readonly Recording[];
  /** Lets the server answer by that recording, or otherwise, and calls the provider as it asks. */
  play(recording: Recording, behaviour?: Behaviour, options?: RunOptions & { provider?: Provider }): Promise<Outcome>;
  /** What such a provider is made from. */
  settings(given?: Partial<ProviderSettings>): ProviderSettings;
  /** Why no provider can be made at all; undefined when one can. */
  readonly unmade: unknown;
  /** Rejections in this process that nobody handled so far. */
  readonly unhandled: readonly unknown[];
  /** What was written to standard output and error of this process so far. */
  output(): string;
  /** Throws an `Unsupported` where the plugin calls no server. */
  needUpstream(): void;
}

/** Kits for one plugin, to be worked with side by side. */
export interface Bench {
  /** A kit with a server of its own. What was heard, and what there is to play, is that of all. */
  open(): Promise<Kit>;
  /** Closes them all. */
  close(): Promise<void>;
  /** Has `act` done without its output counting as the plugin's. */
  unheard(act: () => void): void;
}

/** Makes a first provider, and reads what there is to play. */
export async function openBench(subject: Subject, dialects: HouseDialects): Promise<Bench> {
  const { conformance, elsewhere } = subject;
  const first = await startLocalUpstream();
  const upstreams = [first];
  const apiKey = conformance.apiKey ?? `pk-conformance-${Math.random().toString(36).slice(2, 12)}-canary`;
  const made: Provider[] = [];
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", hear);
  let output = "";
  let heard = true;
  const stopHearing = hearOutput((text) => {
    if (heard) output += text;
  });
  const settingsFor = (upstream: LocalUpstream, given: Partial<ProviderSettings>): ProviderSettings => ({
    name: "conformance",
    baseUrl: upstream.url,
    apiKey,
    settings: conformance.settings,
    ...given,
  });

  // What it says of itself is all that is asked of this one; where it runs elsewhere, that keeps running by it.
  let unmade: unknown;
  const told: Spoken = await subject.create(settingsFor(first, {})).then(
    (provider) => {
      made.push(provider);
      return spokenBy(provider, elsewhere?.dialectsOf(provider) ?? [], dialects);
    },
    (error: unknown) => {
      unmade = error;
      return {};
    },
  );
  const { models } = conformance;
  const house = [
    ...(told.chat ? houseChatRecordings(told.chat, models.complete ?? "conformance-model") : []),
    ...(told.embeddings ? houseEmbeddingRecordings(told.embeddings, models.embed ?? "conformance-model") : []),
  ];
  const recordings = conformance.upstream
    ? [...house, ...subject.recordings]
    : [...ownAnswers(subject), ...subject.recordings];

  const open = (upstream: LocalUpstream): Kit => {
    let shared: Promise<Provider> | undefined;
    const make: Kit["make"] = async (given = {}) => {
      const provider = speakWire(await subject.create(settingsFor(upstream, given)), dialects);
      made.push(provider);
      await strayCallsOver();
      return provider;
    };
    return {
      subject,
      upstream,
      apiKey,
      dialect: told.chat,
      make,
      settings: (given = {}) => settingsFor(upstream, given),
      unmade,
      unhandled,
      output: () => output,
      recordings,
      provider: () => (shared ??= make()),
      good: (operation, stream) => goodOf(subject, recordings, operation, stream),
      async play(recording, behaviour = answerAs(recording.answer), { provider, ...options } = {}) {
        const asked = provider ?? (await (shared ??= make()));
        upstream.behave(behaviour);
        return runCall(asked, recording.ask, options);
      },
      needUpstream() {
        if (!conformance.upstream) throw new Unsupported("It calls no server.");
      },
    };
  };

  return {
    async open() {
      const upstream = await startLocalUpstream();
      upstreams.push(upstream);
      return open(upstream);
    },
    unheard(act) {
      heard = false;
      act();
      heard = true;
    },
    async close() {
      stopHearing();
      process.off("unhandledRejection", hear);
      for (const provider of made) await provider.close?.();
      for (const upstream of upstreams) await upstream.close();
    },
  };
}

/** A call that a new provider should not make is to be over before those are counted that it should. */
async function strayCallsOver(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60));
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Spoken {
  readonly chat?: ChatDialect | undefined;
  readonly embeddings?: EmbeddingDialect | undefined;
}

/** The dialects of the house that a provider speaks: by its wire, or by what it tells where it runs elsewhere. */
function spokenBy({ wire }: Provider, names: readonly string[], known: HouseDialects): Spoken {
  const find = <D>(dialect: unknown, house: ReadonlyMap<string, D>): D | undefined => {
    const name = dialect ?? names.find((one) => house.has(one));
    return typeof name === "string" ? house.get(name) : undefined;
  };
  return { chat: find(wire?.chat?.dialect, known.chat), embeddings: find(wire?.embeddings?.dialect, known.embeddings) };
}

function goodOf(
  { capabilities }: Subject,
  recordings: readonly Recording[],
  operation: Recording["ask"]["operation"],
  stream: boolean | undefined,
): readonly [Recording, ...Recording[]] {
  if (!capabilities.includes(operation)) throw new Unsupported(`Its manifest does not promise ${operation}.`);
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
}

/** For a plugin without a server: it is asked, and nothing is expected but what every answer must be. */
function ownAnswers({ conformance: { models } }: Subject): Recording[] {
  const answer = { status: 200, headers: {}, bytes: Buffer.alloc(0), cut: "whole" as const };
  const model = models.complete ?? "conformance-model";
  return [
    { name: "own", ask: askChat(model, false, false), answer, expect: {}, pair: "own" },
    { name: "own-stream", ask: askChat(model, true, false), answer, expect: {}, pair: "own" },
    {
      name: "own-count",
      ask: { operation: "count_tokens", model: models.count_tokens ?? model, chat: askChat(model, false, false).chat },
      answer,
      expect: {},
    },
    { name: "own-embeddings", ask: embedding(models.embed ?? model), answer, expect: {} },
  ];
}

/** Waits until `holds`, 5 seconds at most. Throws a `Broken` where it does not come to hold. */
export async function soon(holds: () => boolean, expected: string, came: () => string, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!holds()) {
    promise(performance.now() < end, expected, came());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
