import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ShadowPolicy } from "../core/route-policy.js";
import { createTenure } from "../core/tenure.js";
import { ParlanceError } from "../sdk/index.js";
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
import { seeded } from "../../test/support/seeded.js";
import type { TargetStates } from "./target-states.js";

let states: TargetStates;
let records: Record<string, unknown>[];

beforeEach(() => {
  holdTime();
  states = freeStates();
  records = [];
});

afterEach(() => {
  vi.useRealTimers();
});

function world(primary: Speech, shadow: Speech, policy: Partial<ShadowPolicy> = {}, random: () => number = () => 0) {
  const asked = vi.fn();
  const target = (name: string, speech: Speech) =>
    targetOf(
      name,
      speaking(() => {
        asked(name, performance.now());
        return speech;
      }),
      states.view(`${name}/m`),
    );
  const plan = [{ target: target("a", primary), reason: "first" }];
  const shadows = [
    { target: target("s", shadow), name: "smart > s/m", percent: 100, keepText: false, maxInFlight: 10, ...policy },
  ];
  const tenure = createTenure();
  const run = loopOver(states, { write: (_level, record) => void records.push(record), random, tenure });
  const ask = (stream = true) => {
    const sink = new KeptAnswer();
    const exchange = exchangeOf(plan, { shadows }, sink, stream);
    return { sink, exchange, done: run(exchange) };
  };
  return { ask, asked, run, tenure };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a shadow", () => {
  it.each([true, false])("gets a copy, whose answer is compared and reaches nobody (stream: %s)", async (stream) => {
    const { ask, asked } = world({ firstMs: 30, gapMs: 20 }, { firstMs: 70, words: ["one ", "too"], gapMs: 5 });
    const { sink, exchange, done } = ask(stream);
    await pass(70);
    await done;
    expect(sink.ended).toBe(stream ? "close" : "whole");
    // It begins when the client has its answer.
    expect(asked.mock.calls).toEqual([
      ["a", exchange.startedAt],
      ["s", exchange.startedAt + 70],
    ]);
    expect(records).toEqual([]);
    await pass(1000);
    expect(records).toEqual([
      {
        msg: "shadow",
        request_id: "r",
        model: "smart",
        operation: "complete",
        stream,
        primary: {
          target: "a/m",
          ttft_ms: stream ? 30 : 70,
          duration_ms: 70,
          input_tokens: 10,
          output_tokens: 2,
          characters: 7,
          finish: "stop",
          cost: "0.000014",
        },
        shadow: {
          target: "s/m",
          ttft_ms: stream ? 70 : 80,
          duration_ms: 80,
          input_tokens: 10,
          output_tokens: 2,
          characters: 7,
          finish: "stop",
          cost: "0.000014",
        },
        same_text: false,
      },
    ]);
  });

  it("is never billed to the client, nor on its record", async () => {
    const { ask } = world({ firstMs: 30 }, { firstMs: 70 });
    const { exchange, sink, done } = ask();
    await pass(1000);
    await done;
    expect(exchange.cost?.nanoDollars).toBe(14_000n);
    expect(exchange.attempts.map(({ target }) => target)).toEqual(["a/m"]);
    expect(sink).toMatchObject({ text: "one two", opened: 1 });
    expect(records).toMatchObject([{ same_text: true }]);
    expect(records[0]).not.toHaveProperty("text.primary");
  });

  it("has its texts in the record where they are to be kept, up to a bound", async () => {
    const long = "x".repeat(20_000);
    const { ask } = world({ firstMs: 1 }, { firstMs: 1, words: [long] }, { keepText: true });
    const { done } = ask();
    await pass(1000);
    await done;
    expect(records).toMatchObject([
      { text: { primary: "one two", shadow: "x".repeat(16_384) }, shadow: { characters: 20_000 } },
    ]);
  });

  it("that fails is told, and counts at its target like any attempt", async () => {
    const error = new ParlanceError("provider_error", "It broke.");
    const { ask } = world({ firstMs: 1 }, { firstMs: 5, error });
    const { sink, done } = ask();
    await pass(1000);
    await done;
    expect(sink.ended).toBe("close");
    expect(records).toMatchObject([{ shadow: { error: "provider_error", error_message: "It broke." } }]);
    expect(records[0]?.same_text).toBeUndefined();
    expect(states.view("s/m").counts()).toMatchObject({ attempts: 1, failures: 1 });
    expect(states.view("s/m").inFlight).toBe(0);
  });

  it("is not made of a request that nobody answered", async () => {
    const { ask, asked } = world({ firstMs: 1, error: new ParlanceError("invalid_request", "No.") }, { firstMs: 1 });
    const { done } = ask();
    await pass(1000);
    await done;
    expect(asked.mock.calls.map(([name]) => name as string)).toEqual(["a"]);
  });

  it("is made of a share of the requests", async () => {
    const { ask } = world({ firstMs: 1 }, { firstMs: 1 }, { percent: 25, maxInFlight: 1000 }, seeded(7));
    for (let i = 0; i < 400; i += 1) void ask();
    await pass(1000);
    expect(records.length).toBeGreaterThan(70);
    expect(records.length).toBeLessThan(130);
  });

  it("is left out where enough of them run, and the next record counts those", async () => {
    const { ask } = world({ firstMs: 1 }, { firstMs: 100 }, { maxInFlight: 2 });
    for (let i = 0; i < 5; i += 1) void ask();
    await pass(50);
    expect(states.view("s/m").inFlight).toBe(2);
    await pass(1000);
    expect(records.map(({ left_out: leftOut }) => leftOut)).toEqual([3, undefined]);
  });

  it("is left out where it would have to wait for a place at its target, and gives back what comes late", async () => {
    const admit = states.admit.bind(states);
    states = {
      ...states,
      admit: (target, exchange, panic) =>
        target === "s/m"
          ? Promise.resolve().then(() => admit(target, exchange, panic))
          : admit(target, exchange, panic),
    };
    const { ask, asked } = world({ firstMs: 1 }, { firstMs: 1 });
    void ask();
    await pass(1000);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(states.view("s/m").inFlight).toBe(0);
  });

  it("is cut when an exchange would be", async () => {
    const { ask } = world({ firstMs: 1 }, { firstMs: 100_000 });
    void ask();
    await pass(70_000);
    expect(records).toMatchObject([{ shadow: { error: "deadline_exceeded" } }]);
  });

  it("goes on when its client leaves afterwards, holds its snapshot, and ends with the gateway", async () => {
    const { ask, run, tenure } = world({ firstMs: 1 }, { firstMs: 10_000 });
    const { exchange } = ask();
    await pass(100);
    exchange.cancel(new ParlanceError("cancelled", "The client left."));
    const closed = vi.fn();
    tenure.end(closed);
    expect(states.view("s/m").inFlight).toBe(1);
    expect(closed).not.toHaveBeenCalled();
    run.shadows.end(new ParlanceError("cancelled", "The gateway stops."));
    await pass(0);
    expect(records).toMatchObject([{ shadow: { error: "cancelled", error_message: "The gateway stops." } }]);
    expect(states.view("s/m").inFlight).toBe(0);
    expect(closed).toHaveBeenCalledTimes(1);
  });
});
