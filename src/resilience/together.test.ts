import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  exchangeOf,
  freeStates,
  holdTime,
  KeptAnswer,
  loopOver,
  type Speech,
  speaking,
  targetOf,
} from "../../test/support/attempt-world.js";
import { retryPolicy } from "../../test/support/retry-policy.js";
import type { RoutePolicy } from "../core/route-policy.js";
import type { PlannedTarget } from "../core/target.js";
import { AttemptKind, FinishReason, ParlanceError } from "../sdk/index.js";
import type { TargetStates } from "./target-states.js";

let states: TargetStates;

beforeEach(() => {
  holdTime();
  states = freeStates();
});

afterEach(() => {
  vi.useRealTimers();
});

const VERDICT = { finish: new Set([FinishReason.LENGTH]), schema: false, guardrail: false };
const cut = (errorAfter: number): Partial<Speech> => ({
  errorAfter,
  error: new ParlanceError("stream_truncated", "The connection was lost."),
});

function planned(name: string, speech: Partial<Speech>, facts = {}): PlannedTarget {
  const says = speaking(() => ({ firstMs: 0, ...speech }));
  return { target: { ...targetOf(name, says, states.view(`${name}/m`)), facts: () => facts }, reason: "in turn" };
}

async function ask(plan: readonly PlannedTarget[], policy: Partial<RoutePolicy>) {
  const sink = new KeptAnswer();
  const exchange = exchangeOf(plan, policy, sink);
  const done = loopOver(states)(exchange);
  await vi.advanceTimersByTimeAsync(5000);
  await done;
  return { sink, exchange, attempts: exchange.attempts.map(({ target, kind }) => `${target} ${AttemptKind[kind]}`) };
}

describe("the most attempts of an exchange", () => {
  const retry = retryPolicy({ maxAttempts: 1 });

  it("allows no second target beside a slow one", async () => {
    const plan = [planned("a", { firstMs: 500 }), planned("b", {})];
    const { attempts } = await ask(plan, { retry, hedge: { afterMs: 10, maxPercent: 100, route: "r" } });
    expect(attempts).toEqual(["a/m FIRST"]);
  });

  it("ends a cascade: the client has the answer that there is", async () => {
    const plan = [{ ...planned("a", { finish: FinishReason.LENGTH }), verdict: VERDICT }, planned("b", {})];
    const { attempts, sink } = await ask(plan, { retry });
    expect(attempts).toEqual(["a/m FIRST"]);
    expect(sink).toMatchObject({ text: "one two", ended: "close" });
  });

  it("ends a stream that nobody may go on with", async () => {
    const facts = { abilities: ["prefill"] };
    const plan = [planned("a", cut(1), facts), planned("b", {}, facts)];
    const { attempts, sink } = await ask(plan, { retry, onCut: "continue" });
    expect(attempts).toEqual(["a/m FIRST"]);
    expect(sink.error?.code).toBe("stream_truncated");
  });
});

describe("a stream that is gone on with", () => {
  const facts = { abilities: ["prefill"] };

  it("asks nobody again who was asked, where a fallback for long conversations was cut", async () => {
    const tooLong = new ParlanceError("context_length_exceeded", "It is too long.");
    const plan = [planned("a", { error: tooLong }, facts), planned("b", { words: ["two"] }, facts)];
    const long = [planned("long", cut(1), facts)];
    const { attempts, sink } = await ask(plan, { onCut: "continue", contextFallbacks: () => long });
    expect(attempts).toEqual(["a/m FIRST", "long/m FALLBACK", "b/m CONTINUATION"]);
    expect(sink).toMatchObject({ text: "one two", ended: "close" });
  });

  it("tells of the deadline when that is what ends it", async () => {
    const plan = [planned("a", cut(1), facts), planned("b", { firstMs: 4000 }, facts)];
    const { attempts, sink } = await ask(plan, { onCut: "continue", timeoutMs: 1000 });
    expect(attempts).toEqual(["a/m FIRST", "b/m CONTINUATION"]);
    expect(sink.error?.code).toBe("deadline_exceeded");
  });
});

describe("a stream whose next target is not loaded yet", () => {
  it("ends with the deadline all the same, and goes on when it is loaded in time", async () => {
    const facts = { abilities: ["prefill"] };
    for (const loadedMs of [4000, 100]) {
      const slow = planned("b", { words: ["two"] });
      const loaded = (): Promise<object> => new Promise((resolve) => setTimeout(() => resolve(facts), loadedMs));
      const plan = [planned("a", cut(1), facts), { ...slow, target: { ...slow.target, facts: loaded } }];
      const before = performance.now();
      const sink = new KeptAnswer();
      const exchange = exchangeOf(plan, { onCut: "continue", timeoutMs: 1000 }, sink);
      const done = loopOver(states)(exchange).then(() => performance.now() - before);
      await vi.advanceTimersByTimeAsync(5000);
      const late = loadedMs > 1000;
      expect([(await done) < 1200, sink.error?.code, sink.ended]).toEqual(
        late ? [true, "deadline_exceeded", "fail"] : [true, undefined, "close"],
      );
    }
  });
});

describe("a target that is slow each time", () => {
  it("is ejected for it also where another is always quicker beside it", async () => {
    states = freeStates({ slow: { seconds: 0n, nanos: 100e6 }, minAttempts: 5 });
    const plan = [planned("a", { firstMs: 3000 }), planned("b", { firstMs: 90 })];
    const hedge = { afterMs: 20, maxPercent: 100, route: "r" };
    const run = loopOver(states);
    for (let i = 0; i < 5; i += 1) {
      const done = run(exchangeOf(plan, { hedge }, new KeptAnswer()));
      await vi.advanceTimersByTimeAsync(1000);
      await done;
    }
    expect(states.find("a/m")?.breaker.opening).toMatchObject({ by: "slow_share" });
    expect(states.find("b/m")?.breaker.opening).toBeUndefined();
  });
});

describe("two that race and fail", () => {
  it("are told in the record in the order of what followed, whichever failed first", async () => {
    const failing = (firstMs: number): Partial<Speech> => ({
      firstMs,
      error: new ParlanceError("provider_error", "It broke."),
    });
    const plan = [planned("a", failing(300)), planned("b", failing(10)), planned("c", {})];
    const { attempts, exchange } = await ask(plan, { hedge: { afterMs: 20, maxPercent: 100, route: "r" } });
    expect(attempts).toEqual(["a/m FIRST", "b/m HEDGE", "c/m FALLBACK"]);
    expect(exchange.attempts.map(({ next }) => next)).toEqual([
      "b/m, asked beside it, had failed before",
      "next target after provider_error",
      "",
    ]);
  });
});
