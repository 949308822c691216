import { Exchange } from "../../src/core/exchange.js";
import type { AnswerSink, FrameSource, WholeAnswer } from "../../src/core/answer.js";
import type { Frame } from "../../src/core/frame.js";
import type { RetryPolicy } from "../../src/core/route-policy.js";
import { createPipeline } from "../../src/core/stage.js";
import type { Plan, PlannedTarget } from "../../src/core/target.js";
import { chatDialects, embeddingDialects, openaiChat } from "../../src/dialects/index.js";
import { CredentialRests } from "../../src/resilience/credential-rests.js";
import type { Leave, Outcome, Refusal } from "../../src/resilience/leave.js";
import { RetryBudgets } from "../../src/resilience/retry-budget.js";
import type { TargetStates } from "../../src/resilience/target-states.js";
import { createAttemptLoop } from "../../src/resilience/walk-plan.js";
import { ChatRequestSchema, create, ParlanceError, Role, skim } from "../../src/sdk/index.js";
import { createFakeTime, type FakeTime, settled } from "./fake-time.js";
import { type CallScript, createFaultyProvider, type FaultyProvider } from "./faulty-provider.js";
import { quietView } from "./quiet-view.js";

/** Whether a target lets an attempt in, and after how long. */
export interface Admission {
  readonly allowed: boolean;
  /** Milliseconds in a queue; 0 means at once. */
  readonly waitMs: number;
}

/** A target of the world, and how each of its calls goes; the last script and admission go on for ever. */
export interface WorldTarget {
  /** Place among the providers. */
  readonly provider: number;
  readonly scripts: readonly CallScript[];
  readonly admissions: readonly Admission[];
}

/** All that one exchange meets. */
export interface World {
  readonly providers: readonly { readonly wire: boolean; readonly credentials: number }[];
  readonly plan: readonly WorldTarget[];
  readonly contextFallbacks: readonly WorldTarget[];
  readonly contentFallbacks: readonly WorldTarget[];
  readonly policy: RetryPolicy;
  readonly stream: boolean;
  /** Whether the caller speaks the dialect of the wire. */
  readonly verbatim: boolean;
  /** Milliseconds after which the client leaves; undefined means that it does not. */
  readonly leavesAfterMs: number | undefined;
  readonly timeoutMs: number | undefined;
  /** Milliseconds that the client takes to read a frame, in turn; 0 means that it is ready. Empty means always 0. */
  readonly readMs: readonly number[];
  readonly random: number;
}

/** What the client was told, and what was left behind. */
export interface WorldEnd {
  readonly exchange: Exchange;
  readonly time: FakeTime;
  readonly client: Client;
  readonly providers: readonly FaultyProvider[];
  /** Leaves that were granted, with how often each was settled. */
  readonly leaves: readonly { settled: number; outcome: Outcome | undefined }[];
  /** Milliseconds from its begin to its end. */
  readonly tookMs: number;
}

/** The client's side of an exchange. */
export class Client implements AnswerSink {
  text = "";
  opened = false;
  finished = false;
  /** How it ended, each time. */
  readonly ends: ("whole" | "close" | "fail")[] = [];
  error: ParlanceError | undefined;
  source: FrameSource | undefined;
  readonly #time: FakeTime;
  readonly #readMs: readonly number[];
  #frames = 0;
  #reading: { cancel(): void } | undefined;

  constructor(time: FakeTime, readMs: readonly number[]) {
    this.#time = time;
    this.#readMs = readMs;
  }

  whole(answer: WholeAnswer): void {
    this.ends.push("whole");
    const value = answer.value();
    if (value.kind !== "completion") return;
    const [choice] = value.completion.choices;
    for (const { kind } of choice?.message?.parts ?? []) if (kind.case === "text") this.text += kind.value.text;
    this.finished = choice?.finish !== undefined;
  }

  open(): void {
    this.opened = true;
  }

  frame(frame: Frame): boolean {
    for (const { event } of frame.chunks) {
      if (event.case === "textDelta") this.text += event.value.text;
      if (event.case === "finish") this.finished = true;
    }
    const readMs = this.#readMs[this.#frames % Math.max(1, this.#readMs.length)] ?? 0;
    this.#frames += 1;
    if (readMs === 0) return true;
    this.#reading ??= this.#time.deadlines.after(readMs, () => {
      this.#reading = undefined;
      this.source?.resume();
    });
    return false;
  }

  close(): void {
    this.ends.push("close");
  }

  fail(error: ParlanceError): void {
    this.ends.push("fail");
    this.error = error;
  }

  stopReading(): void {
    this.#reading?.cancel();
  }
}

/** Lets the world go by until its exchange has ended. */
export async function runWorld(world: World): Promise<WorldEnd> {
  const time = createFakeTime();
  const routes = { plan: world.plan, context: world.contextFallbacks, content: world.contentFallbacks };
  const targets = new Map<string, WorldTarget>();
  for (const [route, all] of Object.entries(routes)) {
    for (const [place, target] of all.entries()) targets.set(nameOf(route, place, target), target);
  }
  const timeouts = {
    connectMs: 1000,
    firstByteMs: 20_000,
    idleMs: 15_000,
    firstContentMs: 30_000,
    minRate: 0,
    attemptMs: 60_000,
  };
  const providers = world.providers.map(({ wire, credentials }, place) =>
    createFaultyProvider({
      name: `p${place}`,
      wire,
      credentials,
      time,
      timeouts,
      script: (model, call) => at((targets.get(`p${place}/${model}`) as WorldTarget).scripts, call),
    }),
  );
  const planOf = (route: keyof typeof routes): Plan =>
    routes[route].map((target, place): PlannedTarget => {
      const name = nameOf(route, place, target);
      const { handle } = providers[target.provider] as FaultyProvider;
      const upstreamModel = name.slice(name.indexOf("/") + 1);
      return {
        target: { name, provider: handle, upstreamModel, price: () => undefined, view: quietView, facts: () => ({}) },
        reason: route,
      };
    });
  const leaves: { settled: number; outcome: Outcome | undefined }[] = [];
  const client = new Client(time, world.readMs);
  const body = Buffer.from(
    JSON.stringify({ model: "any", messages: [{ role: "user", content: "Hi" }], stream: world.stream }),
  );
  const exchange = new Exchange({
    id: "1",
    door: "test",
    ask: world.verbatim
      ? { operation: "complete", wire: { dialect: openaiChat, body, members: skim(body) }, chat: undefined }
      : {
          operation: "complete",
          wire: undefined,
          chat: create(ChatRequestSchema, {
            model: "any",
            messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hi" } } }] }],
          }),
        },
    model: "any",
    stream: world.stream,
    strict: false,
    sink: client,
    clock: time.clock,
    routing: undefined,
    timeoutMs: world.timeoutMs,
  });
  exchange.plan = planOf("plan");
  const context = planOf("context");
  const content = planOf("content");
  exchange.policy = {
    retry: world.policy,
    hedge: undefined,
    shadows: [],
    onCut: "fail",
    timeoutMs: undefined,
    contextFallbacks: () => context,
    contentFallbacks: () => content,
  };
  const answer = createAttemptLoop({
    dialects: { chat: chatDialects, embeddings: embeddingDialects },
    deadlines: time.deadlines,
    timers: time.deadlines,
    states: admitting(targets, leaves, time),
    retry: world.policy,
    budgets: new RetryBudgets(time.clock),
    rests: new CredentialRests(time.clock),
    longestRestMs: 600_000,
    random: () => world.random,
    totalMs: 600_000,
  });
  let over = false;
  const running = createPipeline(
    [],
    answer,
  )(exchange).finally(() => {
    over = true;
  });
  const leaving =
    world.leavesAfterMs === undefined
      ? undefined
      : time.deadlines.after(world.leavesAfterMs, () =>
          exchange.cancel(new ParlanceError("cancelled", "The client has gone.")),
        );
  await settled();
  while (!over && (await time.passToNext()));
  const tookMs = time.clock.monotonic();
  if (!over) throw new Error("an exchange waits for nothing");
  await running;
  leaving?.cancel();
  client.stopReading();
  // What follows the end of an answer is still read.
  await time.pass(1);
  return { exchange, time, client, providers, leaves, tookMs };
}

function nameOf(route: string, place: number, { provider }: WorldTarget): string {
  return `p${provider}/${route}-${place}`;
}

function at<T>(all: readonly T[], index: number): T {
  return all[Math.min(index, all.length - 1)] as T;
}

function admitting(
  targets: ReadonlyMap<string, WorldTarget>,
  leaves: { settled: number; outcome: Outcome | undefined }[],
  time: FakeTime,
): TargetStates {
  const asked = new Map<string, number>();
  const answer = (allowed: boolean): Leave | Refusal => {
    if (!allowed) {
      return { kind: "refusal", code: "no_healthy_target", reason: "it is closed", retryAfterMs: 5000, ejected: false };
    }
    const leave: { settled: number; outcome: Outcome | undefined } = { settled: 0, outcome: undefined };
    leaves.push(leave);
    return {
      kind: "leave",
      answered() {},
      settle(outcome) {
        leave.settled += 1;
        leave.outcome = outcome;
      },
    };
  };
  return {
    admit(name: string) {
      const count = asked.get(name) ?? 0;
      asked.set(name, count + 1);
      const { allowed, waitMs } = at((targets.get(name) as WorldTarget).admissions, count);
      if (waitMs === 0) return answer(allowed);
      return new Promise((resolve) => time.deadlines.after(waitMs, () => resolve(answer(allowed))));
    },
  } as unknown as TargetStates;
}
