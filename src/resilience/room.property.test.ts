import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import { totalCost } from "../core/pricing.js";
import type { RoutePolicy } from "../core/route-policy.js";
import type { PlannedTarget, Target } from "../core/target.js";
import { createTenure } from "../core/tenure.js";
import {
  exchangeOf,
  heldClock,
  holdTime,
  KeptAnswer,
  loopOver,
  speaking,
  targetOf,
} from "../../test/support/attempt-world.js";
import { retryPolicy } from "../../test/support/retry-policy.js";
import { type ErrorCode, FinishReason, ParlanceError } from "../sdk/index.js";
import { ErrorCode as ProtoErrorCode } from "../gen/parlance/v1/error_details_pb.js";
import { createTargetStates, type SettingsOfTargets, type TargetStates } from "./target-states.js";

/** How the calls of a target go, in turn; the last one for ever. */
interface Call {
  readonly firstMs: number;
  readonly words: number;
  readonly gapMs: number;
  readonly error: ErrorCode | undefined;
  /** Words before the error. */
  readonly errorAfter: number;
  readonly cutShort: boolean;
}

interface Given {
  readonly targets: readonly (readonly Call[])[];
  readonly kind: "plain" | "continue" | "cascade";
  readonly hedgeAfterMs: number | undefined;
  readonly shadow: boolean;
  readonly contextFallback: boolean;
  readonly maxAttempts: number;
  readonly retries: number;
  readonly at: "last" | "each";
  readonly maxInFlight: number;
  readonly queue: number;
  readonly failures: number;
  readonly clients: readonly {
    readonly atMs: number;
    readonly stream: boolean;
    readonly leavesAfterMs: number | undefined;
    readonly timeoutMs: number | undefined;
    /** How long it does not read after a frame; undefined means that it always reads. */
    readonly readsAfterMs: number | undefined;
  }[];
  /** What an operator does meanwhile. */
  readonly deeds: readonly {
    readonly atMs: number;
    readonly target: number;
    readonly what: "drain" | "trip" | "reset" | "configure" | "startOver";
  }[];
}

const call: fc.Arbitrary<Call> = fc.record({
  firstMs: fc.constantFrom(0, 5, 30, 80, 400),
  words: fc.integer({ min: 1, max: 4 }),
  gapMs: fc.constantFrom(0, 10, 60),
  error: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    "provider_error" as const,
    "provider_rate_limited" as const,
    "stream_truncated" as const,
    "context_length_exceeded" as const,
    "invalid_request" as const,
  ),
  errorAfter: fc.nat({ max: 3 }),
  cutShort: fc.boolean(),
});

const given: fc.Arbitrary<Given> = fc.record({
  targets: fc.array(fc.array(call, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  kind: fc.constantFrom("plain", "continue", "cascade"),
  hedgeAfterMs: fc.constantFrom(undefined, 0, 20, 50),
  shadow: fc.boolean(),
  contextFallback: fc.boolean(),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  retries: fc.nat({ max: 2 }),
  at: fc.constantFrom("last", "each"),
  maxInFlight: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
  queue: fc.nat({ max: 2 }),
  failures: fc.constantFrom(0, 2),
  clients: fc.array(
    fc.record({
      atMs: fc.constantFrom(0, 10, 45, 300),
      stream: fc.boolean(),
      leavesAfterMs: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined, freq: 3 }),
      timeoutMs: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined, freq: 3 }),
      readsAfterMs: fc.constantFrom(undefined, undefined, 30),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  deeds: fc.array(
    fc.record({
      atMs: fc.nat({ max: 400 }),
      target: fc.nat({ max: 3 }),
      what: fc.constantFrom("drain", "trip", "reset", "configure", "startOver"),
    }),
    { maxLength: 3 },
  ),
});

const VERDICT = { finish: new Set([FinishReason.LENGTH]), schema: false, guardrail: false };

function settingsOf({ failures, maxInFlight, queue }: Given, names: readonly string[]): SettingsOfTargets {
  const breaker = {
    failures,
    openMs: 500,
    windowMs: 60_000,
    failurePercent: 50,
    minAttempts: 4,
    slowMs: undefined,
    slowPercent: 0,
    permits: 1,
    ejectionMs: 200,
    panicPercent: 50,
  };
  const slots = { adaptive: false, maxInFlight, queue, queueTimeoutMs: 150 };
  return { names: new Set(names), of: () => ({ breaker, slots, place: "here" }) };
}

interface Asked {
  readonly sink: KeptAnswer;
  readonly exchange: Exchange;
  readonly done: Promise<void>;
  /** Milliseconds from its start to its end. */
  tookMs: number;
  readonly leavesAfterMs: number | undefined;
}

/** A client that does not read for a while after each frame. */
class SlowReader extends KeptAnswer {
  readonly #readsAfterMs: number;

  constructor(readsAfterMs: number) {
    super();
    this.#readsAfterMs = readsAfterMs;
  }

  override frame(frame: Parameters<KeptAnswer["frame"]>[0]): boolean {
    super.frame(frame);
    setTimeout(() => this.source?.resume(), this.#readsAfterMs);
    return false;
  }
}

function act(states: TargetStates, world: Given, { target, what }: Given["deeds"][number]): void {
  if (what === "configure") {
    states.configure(settingsOf({ ...world, maxInFlight: 1, queue: 1 }, target === 0 ? [] : ["t0/m"]));
    return;
  }
  if (what === "startOver") return states.startOver(`t${target}`);
  const state = states.find(`t${target}/m`);
  if (what === "drain") state?.drain();
  else if (what === "trip") state?.trip(50);
  else state?.reset();
}

/** Has everybody ask, and waits until all is over. */
async function run(world: Given): Promise<{ asked: readonly Asked[]; states: TargetStates; tenureEnded: boolean }> {
  const states = createTargetStates(heldClock, new Deadlines(), settingsOf(world, ["t0/m", "t1/m"]));
  const target = (name: string, calls: readonly Call[]): Target => {
    let made = 0;
    const says = speaking(() => {
      const number = made;
      made += 1;
      const { error, words, cutShort, ...rest } = calls[Math.min(number, calls.length - 1)] as Call;
      return {
        ...rest,
        words: Array.from({ length: words }, (_, word) => `${name}/m#${number}.${word} `),
        ...(cutShort && { finish: FinishReason.LENGTH }),
        ...(error !== undefined && { error: new ParlanceError(error, error) }),
      };
    });
    return { ...targetOf(name, says, states.view(`${name}/m`)), facts: () => ({ abilities: ["prefill"] }) };
  };
  const last = world.targets.length - 1;
  const plan = world.targets.map(
    (calls, place): PlannedTarget => ({
      target: target(`t${place}`, calls),
      reason: "in turn",
      verdict: world.kind === "cascade" && place < last ? VERDICT : undefined,
    }),
  );
  const [usual = []] = world.targets;
  const context: PlannedTarget[] = world.contextFallback ? [{ target: target("long", usual), reason: "long" }] : [];
  const policy: Partial<RoutePolicy> = {
    retry: retryPolicy({ maxAttempts: world.maxAttempts, retries: world.retries, at: world.at, backoffMs: 20 }),
    hedge: world.hedgeAfterMs === undefined ? undefined : { afterMs: world.hedgeAfterMs, maxPercent: 100, route: "r" },
    onCut: world.kind === "continue" ? "continue" : "fail",
    contextFallbacks: () => context,
    shadows: world.shadow
      ? [{ target: target("s", usual), name: "s", percent: 100, keepText: false, maxInFlight: 2 }]
      : [],
  };
  const tenure = createTenure();
  const loop = loopOver(states, { tenure });
  const asked: Asked[] = [];
  for (const { atMs, stream, leavesAfterMs, timeoutMs, readsAfterMs } of world.clients) {
    setTimeout(() => {
      const sink = readsAfterMs === undefined ? new KeptAnswer() : new SlowReader(readsAfterMs);
      const exchange = exchangeOf(plan, { ...policy, timeoutMs }, sink, stream);
      const one: Asked = { sink, exchange, done: loop(exchange), tookMs: Number.POSITIVE_INFINITY, leavesAfterMs };
      void one.done.then(() => (one.tookMs = performance.now() - exchange.startedAt));
      asked.push(one);
      if (leavesAfterMs === undefined) return;
      setTimeout(() => exchange.cancel(new ParlanceError("cancelled", "The client left.")), leavesAfterMs);
    }, atMs);
  }
  for (const deed of world.deeds) setTimeout(() => act(states, world, deed), deed.atMs);
  await vi.advanceTimersByTimeAsync(30_000);
  await Promise.all(asked.map(({ done }) => done));
  let tenureEnded = false;
  tenure.end(() => (tenureEnded = true));
  await vi.advanceTimersByTimeAsync(1000);
  return { asked, states, tenureEnded };
}

beforeEach(() => holdTime());

afterEach(() => {
  vi.useRealTimers();
});

function holds(check: (end: Awaited<ReturnType<typeof run>>, world: Given) => void): Promise<void> {
  return fc.assert(
    fc.asyncProperty(given, async (world) => check(await run(world), world)),
    { numRuns: 300 },
  );
}

function textOf({ sink, exchange }: Asked): string {
  if (exchange.stream || sink.answer === undefined) return sink.text;
  const value = sink.answer.value();
  if (value.kind !== "completion") throw new Error("no completion");
  return (value.completion.choices[0]?.message?.parts ?? [])
    .map(({ kind }) => (kind.case === "text" ? kind.value.text : ""))
    .join("");
}

/** The calls of which a text is, each with its words in order. */
function callsOf(text: string): { call: string; words: number[] }[] {
  const calls: { call: string; words: number[] }[] = [];
  for (const [, name = "", word] of text.matchAll(/(\S+#\d+)\.(\d+)/g)) {
    if (calls.at(-1)?.call !== name) calls.push({ call: name, words: [] });
    calls.at(-1)?.words.push(Number(word));
  }
  return calls;
}

describe("hedges, cascades, seams, shadows, queues, breakers and retries together", () => {
  it(
    "laws 4 and 6: each exchange ends once, with content of one attempt, or over a seam of one after the other",
    () =>
      holds(({ asked }, { kind }) => {
        for (const one of asked) {
          const { sink, exchange } = one;
          expect(sink.ended).toBeDefined();
          expect(sink.ended === "fail").toBe(exchange.error !== undefined);
          expect(sink.opened).toBeLessThanOrEqual(1);
          const calls = callsOf(textOf(one));
          if (kind !== "continue") expect(calls.length).toBeLessThanOrEqual(1);
          for (const { words } of calls) expect(words).toEqual([...words.keys()]);
          expect(new Set(calls.map((each) => each.call)).size).toBe(calls.length);
          const last = exchange.attempts.at(-1);
          if (sink.ended !== "fail") {
            expect(last?.errorCode).toBe(ProtoErrorCode.UNSPECIFIED);
            expect(calls.at(-1)?.call.split("#")[0]).toBe(last?.target);
            expect(exchange.finish).toBeDefined();
          }
        }
      }),
    120_000,
  );

  it(
    "law 5: nothing runs, waits or is counted afterwards",
    () =>
      holds(({ states, tenureEnded, asked }) => {
        expect([...states.all()].map(([name, { inFlight, queued }]) => [name, inFlight, queued])).toEqual(
          [...states.all()].map(([name]) => [name, 0, 0]),
        );
        for (const { sink } of asked) expect(sink.source).toBeUndefined();
        expect(tenureEnded).toBe(true);
        expect(vi.getTimerCount()).toBe(0);
      }),
    120_000,
  );

  it(
    "ends with its client and with its deadline, whatever it waits for",
    () =>
      holds(({ asked }) => {
        for (const { exchange, tookMs, leavesAfterMs = Number.POSITIVE_INFINITY } of asked) {
          expect(tookMs).toBeLessThanOrEqual(leavesAfterMs);
          if (exchange.error?.code === "cancelled") expect(exchange.cancelled).toBeDefined();
          // The wheel of the deadlines is late by one turn at most.
          expect(tookMs).toBeLessThanOrEqual((exchange.policy?.timeoutMs ?? 20_000) + 200);
        }
      }),
    120_000,
  );

  it(
    "what an exchange costs is the sum of its attempts, and they are no more than may be made",
    () =>
      holds(({ asked }, { maxAttempts }) => {
        for (const { exchange } of asked) {
          expect(exchange.cost).toEqual(totalCost(exchange.attempts));
          expect(exchange.attempts.length).toBeLessThanOrEqual(maxAttempts);
          expect(new Set(exchange.attempts).size).toBe(exchange.attempts.length);
          for (const attempt of exchange.attempts) expect(attempt.duration).toBeDefined();
          exchange.attempts.slice(0, -1).forEach((attempt) => {
            if (exchange.cancelled === undefined) expect(attempt.next).not.toBe("");
          });
        }
      }),
    120_000,
  );
});
