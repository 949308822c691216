import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlannedTarget } from "../core/target.js";
import { AttemptKind, CostState, ERRORS, ParlanceError } from "../sdk/index.js";
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
import type { TargetStates } from "./target-states.js";

let states: TargetStates;

beforeEach(() => {
  holdTime();
  states = freeStates();
});

afterEach(() => {
  vi.useRealTimers();
});

const speeches: Record<string, Speech> = {};

function planned(...names: string[]): PlannedTarget[] {
  return names.map((name) => ({
    target: targetOf(
      name,
      speaking(() => speeches[name] as Speech),
      states.view(`${name}/m`),
    ),
    reason: `it is ${name}`,
  }));
}

function world(spoken: Record<string, Speech>, { stream = true, maxPercent = 100, afterMs = 40 } = {}) {
  Object.assign(speeches, spoken);
  const plan = planned(...Object.keys(spoken));
  const run = loopOver(states);
  const ask = () => {
    const sink = new KeptAnswer();
    const exchange = exchangeOf(plan, { hedge: { afterMs, maxPercent, route: "smart" } }, sink, stream);
    return { sink, exchange, done: run(exchange) };
  };
  return { ask };
}

async function through<T extends { done: Promise<void> }>(asked: T, ms = 5000): Promise<T> {
  await vi.advanceTimersByTimeAsync(ms);
  await asked.done;
  return asked;
}

const failed = (code: "provider_error" | "provider_overloaded") => new ParlanceError(code, `It says ${code}.`);
const kinds = (attempts: readonly { target: string; kind: AttemptKind }[]) =>
  attempts.map(({ target, kind }) => `${target} ${AttemptKind[kind]}`);

describe("a first target that answers in time", () => {
  it("is asked alone, and is told as any other", async () => {
    const { sink, exchange } = await through(world({ a: { firstMs: 30 }, b: { firstMs: 1 } }).ask());
    expect(sink).toMatchObject({ text: "one two", opened: 1, ended: "close" });
    expect(kinds(exchange.attempts)).toEqual(["a/m FIRST"]);
    expect(exchange).toMatchObject({ cost: { nanoDollars: 14_000n }, usage: { outputTokens: 2 } });
    expect(exchange.committedAt).toBe(exchange.startedAt + 30);
    expect(states.view("b/m").counts().attempts).toBe(0);
  });

  it("is not raced once its stream has begun, however long it goes on", async () => {
    const { exchange } = await through(world({ a: { firstMs: 30, gapMs: 500 }, b: { firstMs: 1 } }).ask());
    expect(kinds(exchange.attempts)).toEqual(["a/m FIRST"]);
  });
});

describe("a second target beside a slow one", () => {
  it.each([true, false])("answers in its place, and the slow one is ended at once (stream: %s)", async (stream) => {
    const aborted = vi.fn();
    const asked = world({ a: { firstMs: 900, aborted }, b: { firstMs: 20, words: ["quick"] } }, { stream }).ask();
    const { sink, exchange } = await through(asked);
    expect(sink.firstAt).toBe(exchange.startedAt + 60);
    expect(aborted.mock.calls).toEqual([[60]]);
    expect(exchange.usage?.outputTokens).toBe(1);
    expect(exchange.committedAt).toBe(exchange.startedAt + 60);
    if (stream) expect(sink).toMatchObject({ text: "quick", opened: 1, ended: "close" });
    else {
      const value = sink.answer?.value();
      if (value?.kind !== "completion") throw new Error("no completion");
      expect(value.completion.attempts).toBe(exchange.attempts);
      expect(value.completion.cost).toEqual(exchange.cost);
      expect(value.completion.losses).toEqual([]);
    }
    expect([states.view("a/m").inFlight, states.view("b/m").inFlight]).toEqual([0, 0]);
  });

  it("is on the record beside the one that lost, whose cost is estimated, and the exchange costs the sum", async () => {
    const { exchange } = await through(world({ a: { firstMs: 900 }, b: { firstMs: 20, words: ["quick"] } }).ask());
    expect(kinds(exchange.attempts)).toEqual(["a/m FIRST", "b/m HEDGE"]);
    const [loser, winner] = exchange.attempts;
    expect(loser).toMatchObject({
      errorCode: ERRORS.cancelled.proto,
      next: "b/m answered first.",
      costEstimated: true,
      // "Hello there, you!" and its message, at a dollar a million; nothing has come of an answer.
      cost: { state: CostState.PRICED, nanoDollars: 9_000n },
    });
    expect(winner).toMatchObject({
      costEstimated: false,
      reason: "asked beside a/m, without content for 40 ms; it is b",
      cost: { nanoDollars: 12_000n },
    });
    expect(exchange.cost?.nanoDollars).toBe(21_000n);
  });

  it("costs what the provider told of the prompt, where it did before it lost", async () => {
    const { exchange } = await through(world({ a: { firstMs: 900, early: true }, b: { firstMs: 20 } }).ask());
    expect(exchange.attempts[0]?.cost?.nanoDollars).toBe(7_000n);
  });

  it("loses when the first is quicker after all, and stands before it on the record", async () => {
    const aborted = vi.fn();
    const asked = world({ a: { firstMs: 50, words: ["first"] }, b: { firstMs: 300, aborted } }).ask();
    const { sink, exchange } = await through(asked);
    expect(sink.text).toBe("first");
    expect(aborted.mock.calls).toEqual([[10]]);
    expect(kinds(exchange.attempts)).toEqual(["b/m HEDGE", "a/m FIRST"]);
    expect(exchange.attempts[0]?.next).toBe("a/m answered first.");
  });

  it("tells the client the sum, and one end of the stream (law 4)", async () => {
    const { sink, exchange } = await through(world({ a: { firstMs: 900 }, b: { firstMs: 20, gapMs: 5 } }).ask());
    expect(sink.cases).toEqual([
      "completionStart",
      "partStart",
      "textDelta",
      "textDelta",
      "partEnd",
      "finish",
      "usage",
      "completionEnd",
    ]);
    expect(exchange.attempts.every((attempt) => attempt.duration !== undefined)).toBe(true);
  });

  it("leaves the slow one no quicker in the books: its first content would have taken longer yet", async () => {
    await through(world({ a: { firstMs: 900 }, b: { firstMs: 20 } }).ask());
    expect(states.view("a/m").latency()?.ttftMs).toBe(60);
    expect(states.view("a/m").counts()).toMatchObject({ failures: 0 });
  });

  it("goes on alone when the first fails, and the other way round", async () => {
    const one = await through(world({ a: { firstMs: 60, error: failed("provider_error") }, b: { firstMs: 90 } }).ask());
    expect(one.sink).toMatchObject({ text: "one two", ended: "close" });
    expect(one.exchange.attempts.map(({ next }) => next)).toEqual(["b/m, asked beside it, goes on", ""]);
    const other = await through(
      world({ a: { firstMs: 90 }, b: { firstMs: 10, error: failed("provider_error") } }).ask(),
    );
    expect(other.sink).toMatchObject({ text: "one two", ended: "close" });
    expect(kinds(other.exchange.attempts)).toEqual(["b/m HEDGE", "a/m FIRST"]);
    expect(other.exchange.cost?.nanoDollars).toBe(14_000n);
  });

  it("is followed by the next of the plan when both fail, with both failures told at the end", async () => {
    const spoken = {
      a: { firstMs: 60, error: failed("provider_error") },
      b: { firstMs: 10, error: failed("provider_overloaded") },
      c: { firstMs: 5 },
    };
    const good = await through(world(spoken).ask());
    expect(good.sink.text).toBe("one two");
    expect(kinds(good.exchange.attempts)).toEqual(["a/m FIRST", "b/m HEDGE", "c/m FALLBACK"]);
    const bad = await through(world({ ...spoken, c: { firstMs: 5, error: failed("provider_error") } }).ask(), 60_000);
    expect(bad.sink.error?.facts.attempts?.map(({ target }) => target).slice(0, 3)).toEqual(["a/m", "b/m", "c/m"]);
  });

  it("does not follow a failure after the commit", async () => {
    const spoken = {
      a: { firstMs: 900 },
      b: { firstMs: 10, error: failed("provider_error"), errorAfter: 1, gapMs: 1 },
      c: { firstMs: 1 },
    };
    const { sink, exchange } = await through(world(spoken).ask());
    expect(sink).toMatchObject({ text: "one ", ended: "fail", error: { code: "provider_error" } });
    expect(kinds(exchange.attempts)).toEqual(["a/m FIRST", "b/m HEDGE"]);
  });

  it("ends with the exchange: a client that leaves ends both", async () => {
    const aborted = vi.fn();
    const asked = world({ a: { firstMs: 900, aborted }, b: { firstMs: 900, aborted } }).ask();
    await vi.advanceTimersByTimeAsync(100);
    asked.exchange.cancel(new ParlanceError("cancelled", "The client left."));
    await asked.done;
    expect(aborted.mock.calls).toEqual([[100], [60]]);
    expect(asked.sink.error?.message).toBe("The client left.");
    expect([states.view("a/m").inFlight, states.view("b/m").inFlight]).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it("that waits for its place is not asked once the first has answered, and gives the place back", async () => {
    const admit = states.admit.bind(states);
    states = {
      ...states,
      admit: async (target, exchange, panic) => {
        if (target === "b/m") await new Promise((resolve) => setTimeout(resolve, 100));
        return admit(target, exchange, panic);
      },
    };
    const { exchange } = await through(world({ a: { firstMs: 60 }, b: { firstMs: 1 } }).ask());
    expect(kinds(exchange.attempts)).toEqual(["a/m FIRST"]);
    expect(states.view("b/m")).toMatchObject({ inFlight: 0 });
  });

  it("is waited for when the client does not read: back-pressure goes to the winner", async () => {
    const asked = world({ a: { firstMs: 900 }, b: { firstMs: 10, words: ["one ", "two ", "three"], gapMs: 10 } }).ask();
    asked.sink.takes = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.sink.cases).toEqual(["completionStart", "partStart", "textDelta"]);
    asked.sink.takes = true;
    asked.sink.source?.resume();
    await through(asked);
    expect(asked.sink).toMatchObject({ text: "one two three", ended: "close" });
  });
});

describe("the allowance", () => {
  it("is at most the configured share of the route's requests, counted from the first", async () => {
    const { ask } = world({ a: { firstMs: 900 }, b: { firstMs: 10 } }, { maxPercent: 10 });
    let hedged = 0;
    for (let i = 1; i <= 200; i += 1) {
      const { exchange } = await through(ask(), 1000);
      hedged += exchange.attempts.length - 1;
      expect(hedged).toBeLessThanOrEqual(i / 10);
    }
    expect(hedged).toBe(20);
  });

  it("is not spent where no second target may be called", async () => {
    const admit = states.admit.bind(states);
    let open = false;
    states = {
      ...states,
      admit: (target, exchange, panic) =>
        target === "b/m" && !open
          ? { kind: "refusal", code: "no_healthy_target", reason: "it rests", retryAfterMs: undefined, ejected: false }
          : admit(target, exchange, panic),
    };
    const { ask } = world({ a: { firstMs: 900 }, b: { firstMs: 10 } }, { maxPercent: 50 });
    for (let i = 0; i < 2; i += 1) await through(ask(), 1000);
    open = true;
    const { exchange } = await through(ask(), 1000);
    expect(kinds(exchange.attempts)).toEqual(["a/m FIRST", "b/m HEDGE"]);
  });
});
