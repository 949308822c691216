import type { CallTimeouts } from "../../src/core/call-timeouts.js";
import { ProviderHealth } from "../../src/core/provider-health.js";
import type { ProviderHandle, ReadyProvider } from "../../src/core/target.js";
import type { Connections, UpstreamHandle, UpstreamReceiver, UpstreamRequest } from "../../src/core/upstream.js";
import { weightedTurns } from "../../src/core/weighted-turns.js";
import {
  type Chunk,
  chunks,
  errorFromEvent,
  errorFromStatus,
  FinishReason,
  ParlanceError,
  type Provider,
  type ProviderCall,
} from "../../src/sdk/index.js";
import type { FakeTime } from "./fake-time.js";

/** What a call comes to. `after`: pieces of the answer that come before; more than there are means all of them. */
export type Fault =
  | { readonly kind: "answer" }
  | { readonly kind: "refuse"; readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly kind: "too_long" | "declined" | "filtered" | "lost" | "silent" }
  | { readonly kind: "cut" | "stall" | "malformed" | "unfinished" | "error"; readonly after: number };

/** One call, from its start to its end. */
export interface CallScript {
  readonly fault: Fault;
  /** Pieces of the whole answer. */
  readonly pieces: number;
  /** Milliseconds before each. */
  readonly gapMs: number;
}

/** A provider of which every call goes as it is scripted. */
export interface FaultyProvider {
  readonly handle: ProviderHandle;
  /** Calls that run. */
  running(): number;
  /** Calls so far, with the credential that each was made with. */
  readonly calls: { readonly model: string; readonly credential: number }[];
}

/** What a provider is made of. */
export interface FaultyProviderInit {
  readonly name: string;
  /** Whether it is called over a wire; else it speaks the vocabulary itself. */
  readonly wire: boolean;
  readonly credentials: number;
  readonly time: FakeTime;
  readonly timeouts: CallTimeouts;
  /** The script of a model's call, by the number of calls before it. */
  script(model: string, call: number): CallScript;
}

/** The text of the given piece of a call's answer: of no other piece in the world. */
export function pieceOf(target: string, call: number, piece: number): string {
  return `${target}#${call}.${piece} `;
}

/** Makes a provider that goes as it is scripted, in a time that a test turns. */
export function createFaultyProvider(init: FaultyProviderInit): FaultyProvider {
  const { name, time, timeouts } = init;
  const calls: { model: string; credential: number }[] = [];
  const counts = new Map<string, number>();
  let running = 0;
  let tenures = 0;
  const begin = (model: string, credential: number): { script: CallScript; texts: string[] } => {
    const call = counts.get(model) ?? 0;
    counts.set(model, call + 1);
    calls.push({ model, credential });
    running += 1;
    const script = init.script(model, call);
    const texts = Array.from({ length: script.pieces }, (_, piece) => pieceOf(`${name}/${model}`, call, piece));
    return { script, texts };
  };
  const over = (): void => {
    running -= 1;
  };
  const ready = Array.from({ length: init.credentials }, (_, place): ReadyProvider => {
    const upstream: Connections = {
      post: (request, receiver) => {
        const { model, stream } = JSON.parse(String(request.body)) as { model: string; stream?: boolean };
        const { script, texts } = begin(model, place);
        return new WireScript(
          time,
          stream === true ? streamSteps(script, texts, timeouts) : wholeSteps(script, texts, timeouts),
          receiver,
          over,
        );
      },
      send: (_method: string, request: UpstreamRequest, receiver: UpstreamReceiver) => upstream.post(request, receiver),
      close: async () => {},
      destroy: async () => {},
    };
    const provider: Provider = init.wire
      ? { wire: { baseUrl: "http://up", headers: {}, chat: { dialect: "openai-chat", path: "/chat" } } }
      : {
          complete: (_request, call) => {
            const { script, texts } = begin(call.model, place);
            return speak(time, script, texts, call, over);
          },
        };
    return {
      provider,
      traits: () => undefined,
      upstream: init.wire ? upstream : undefined,
      headers: [],
      timeouts,
      tenure: {
        begin: () => void (tenures += 1),
        leave: () => void (tenures -= 1),
        end: () => {},
      },
      credential: { place, name: init.credentials > 1 ? `key-${place}` : undefined },
    };
  });
  const turns = weightedTurns(ready.map(() => 1));
  return {
    calls,
    running: () => running + tenures,
    handle: {
      name,
      plugin: "faulty",
      health: new ProviderHealth(time.clock),
      secrets: [],
      credentials: ready.map(({ credential }) => credential.name),
      ready: () => ready[0] as ReadyProvider,
      take(excluded) {
        const place = turns.next(excluded);
        return place === undefined ? undefined : ready[place];
      },
    },
  };
}

/** Something that comes over a wire after a while. */
type Step = readonly [waitMs: number, act: (receiver: UpstreamReceiver) => void];

const HEADERS = { "content-type": "text/event-stream" };
const JSON_HEADERS = { "content-type": "application/json" };
const event = (data: unknown): Buffer =>
  Buffer.from(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
const chunkOf = (delta: object, finish: string | null = null): object => ({
  id: "1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const bodyOf = (text: string, finish: string): string =>
  JSON.stringify({
    id: "1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: finish }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
const lost = new ParlanceError("provider_unavailable", "The connection was lost.");

/** What comes before any answer does; undefined where one begins. */
function refusalSteps({ fault, gapMs }: CallScript, { firstByteMs }: CallTimeouts): Step[] | undefined {
  const refuse = (status: number, error: object, headers: Record<string, string> = {}): Step[] => [
    [gapMs, (receiver) => receiver.head(status, { ...JSON_HEADERS, ...headers })],
    [0, (receiver) => receiver.data(Buffer.from(JSON.stringify({ error })))],
    [0, (receiver) => receiver.end()],
  ];
  switch (fault.kind) {
    case "refuse":
      return refuse(
        fault.status,
        { message: "No." },
        fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter },
      );
    case "too_long":
      return refuse(400, { message: "This model's maximum context length is 10 tokens." });
    case "declined":
      return refuse(400, { message: "No.", code: "content_filter" });
    case "lost":
      return [[gapMs, (receiver) => receiver.error(lost)]];
    case "silent":
      return [[firstByteMs, (receiver) => receiver.error(new ParlanceError("provider_timeout", "Silent."))]];
    default:
      return undefined;
  }
}

function streamSteps(script: CallScript, texts: readonly string[], timeouts: CallTimeouts): Step[] {
  const { fault, gapMs } = script;
  const refused = refusalSteps(script, timeouts);
  if (refused !== undefined) return refused;
  const data =
    (value: unknown): Step[1] =>
    (receiver) =>
      receiver.data(event(value));
  const steps: Step[] = [
    [gapMs, (receiver) => receiver.head(200, HEADERS)],
    [0, data(chunkOf({ role: "assistant", content: "" }))],
  ];
  if (fault.kind === "filtered") {
    return [
      ...steps,
      [gapMs, data(chunkOf({}, "content_filter"))],
      [0, data("[DONE]")],
      [0, (receiver) => receiver.end()],
    ];
  }
  const shown = "after" in fault ? texts.slice(0, fault.after) : texts;
  for (const text of shown) steps.push([gapMs, data(chunkOf({ content: text }))]);
  switch (fault.kind) {
    case "cut":
      return [...steps, [gapMs, (receiver) => receiver.error(lost)]];
    case "stall":
      return [
        ...steps,
        [timeouts.idleMs, (receiver) => receiver.error(new ParlanceError("stream_stalled", "Stalled."))],
      ];
    case "malformed":
      return [
        ...steps,
        [gapMs, (receiver) => receiver.data(Buffer.from('data: {"choices":[{"del\n\n'))],
        [0, (receiver) => receiver.end()],
      ];
    case "error":
      return [
        ...steps,
        [gapMs, data({ error: { message: "Overloaded.", type: "overloaded_error" } })],
        [0, (receiver) => receiver.end()],
      ];
    case "unfinished":
      return [...steps, [gapMs, (receiver) => receiver.end()]];
    default:
      return [...steps, [gapMs, data(chunkOf({}, "stop"))], [0, data("[DONE]")], [0, (receiver) => receiver.end()]];
  }
}

function wholeSteps(script: CallScript, texts: readonly string[], timeouts: CallTimeouts): Step[] {
  const { fault, gapMs } = script;
  const refused = refusalSteps(script, timeouts);
  if (refused !== undefined) return refused;
  const body = bodyOf(
    fault.kind === "filtered" ? "" : texts.join(""),
    fault.kind === "filtered" ? "content_filter" : "stop",
  );
  const answer = (text: string, headers: Record<string, string> = JSON_HEADERS): Step[] => [
    [gapMs * texts.length, (receiver) => receiver.head(200, headers)],
    [0, (receiver) => receiver.data(Buffer.from(text))],
    [0, (receiver) => receiver.end()],
  ];
  const half: Step[] = answer(body.slice(0, body.length / 2)).slice(0, 2);
  switch (fault.kind) {
    case "cut":
      return [...half, [gapMs, (receiver) => receiver.error(lost)]];
    case "stall":
      return [
        ...half,
        [timeouts.idleMs, (receiver) => receiver.error(new ParlanceError("stream_stalled", "Stalled."))],
      ];
    case "malformed":
      return answer('{"choices":[');
    case "error":
      return answer(JSON.stringify({ error: { message: "Overloaded.", type: "overloaded_error" } }));
    case "unfinished":
      return answer("<p>Hi", { "content-type": "text/html" });
    default:
      return answer(body);
  }
}

/** Steps that come one after another, none while it is paused, none after an abort. */
class WireScript implements UpstreamHandle {
  readonly #time: FakeTime;
  readonly #steps: readonly Step[];
  readonly #receiver: UpstreamReceiver;
  readonly #whenOver: () => void;
  #next = 0;
  #waiting: { cancel(): void } | undefined;
  #paused = false;
  #over = false;

  constructor(time: FakeTime, steps: readonly Step[], receiver: UpstreamReceiver, whenOver: () => void) {
    this.#time = time;
    this.#steps = steps;
    this.#receiver = receiver;
    this.#whenOver = whenOver;
    this.#schedule();
  }

  pause(): void {
    this.#paused = true;
    this.#waiting?.cancel();
    this.#waiting = undefined;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedule();
  }

  abort(): void {
    this.#waiting?.cancel();
    this.#end();
  }

  #schedule(): void {
    const step = this.#steps[this.#next];
    if (step === undefined) return this.#end();
    if (this.#over || this.#waiting !== undefined) return;
    const [waitMs, act] = step;
    this.#waiting = this.#time.deadlines.after(waitMs, () => {
      this.#waiting = undefined;
      this.#next += 1;
      if (this.#next === this.#steps.length) this.#end();
      act(this.#receiver);
      if (!this.#paused && !this.#over) this.#schedule();
    });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#whenOver();
  }
}

async function* speak(
  time: FakeTime,
  { fault, gapMs }: CallScript,
  texts: readonly string[],
  { signal, model }: ProviderCall,
  whenOver: () => void,
): AsyncGenerator<Chunk, void, undefined> {
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const deadline = time.deadlines.after(milliseconds, resolve);
      const stop = (): void => {
        deadline.cancel();
        reject(new ParlanceError("cancelled", "The call was ended."));
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
  try {
    await wait(gapMs);
    if (fault.kind === "refuse") {
      const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
      throw errorFromStatus(fault.status, headers, { message: "No." });
    }
    if (fault.kind === "too_long")
      throw errorFromStatus(400, {}, { code: "context_length_exceeded", message: "Too long." });
    if (fault.kind === "declined") throw errorFromStatus(400, {}, { code: "content_filter", message: "No." });
    if (fault.kind === "lost") throw lost;
    if (fault.kind === "silent") await wait(3_600_000);
    yield chunks.completionStart({ id: "1", model });
    const shown = "after" in fault ? texts.slice(0, fault.after) : texts;
    if (fault.kind !== "filtered") {
      yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
      for (const text of shown) {
        await wait(gapMs);
        yield chunks.textDelta(0, 0, text);
      }
    }
    if (fault.kind === "stall") await wait(3_600_000);
    if (fault.kind === "cut") throw lost;
    if (fault.kind === "malformed") throw new TypeError("it cannot be read");
    if (fault.kind === "error") throw errorFromEvent({ message: "Overloaded.", type: "overloaded_error" });
    if (fault.kind === "unfinished") return;
    if (fault.kind === "answer") yield chunks.partEnd(0, 0);
    yield chunks.finish(0, { reason: fault.kind === "filtered" ? FinishReason.CONTENT_FILTER : FinishReason.STOP });
    yield chunks.completionEnd();
  } finally {
    whenOver();
  }
}
