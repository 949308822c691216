import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { idleExchange } from "../../test/support/idle-exchange.js";
import { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import { ParlanceError } from "../sdk/index.js";
import { type LoadSettings, watchLoad } from "./load.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const clock = { monotonic: () => performance.now(), wall: () => Date.now() };

function world(settings: Partial<LoadSettings> = {}) {
  const memory = { bytes: 100, heapBytes: 0 };
  const load = watchLoad({
    clock,
    deadlines: new Deadlines(),
    memory: { mostBytes: 1000, mostHeapBytes: 1000, use: () => memory, collect: () => {} },
    settings: {
      maxInFlight: 1,
      queue: 1,
      queueTimeoutMs: 1000,
      maxMemoryBytes: undefined,
      maxDelayMs: 500,
      ...settings,
    },
    changed: () => {},
  });
  const stage = load.stage(60_000);
  const exchange = (caller?: string, timeoutMs?: number): Exchange => idleExchange(caller, { clock, timeoutMs });
  /** Undefined when it was let in. */
  const enter = async (entering: Exchange): Promise<ParlanceError | undefined> => {
    try {
      await stage.enter?.(entering);
      return undefined;
    } catch (thrown) {
      return ParlanceError.from(thrown);
    }
  };
  return { load, memory, exchange, enter, settle: (ended: Exchange) => stage.settle?.(ended) };
}

describe("what the gateway takes on at once", () => {
  it("is bounded: one runs, one waits, and the next is refused with a time to come back", async () => {
    const { load, exchange, enter, settle } = world();
    const [a, b, c] = [exchange(), exchange(), exchange()];
    expect(await enter(a)).toBeUndefined();
    expect(load.refusal(undefined)).toBeUndefined();
    const waiting = enter(b);
    expect(load.refusal(undefined)).toMatchObject({ code: "overloaded" });
    expect(await enter(c)).toMatchObject({ code: "overloaded", facts: { retryAfterMs: 1000 } });
    settle(c);
    settle(a);
    expect(await waiting).toBeUndefined();
    settle(b);
    settle(b);
    expect(await enter(exchange())).toBeUndefined();
    load.stop();
  });

  it("ends a wait with the queue's time, the client's, or the client", async () => {
    const { load, exchange, enter, settle } = world({ queue: 3 });
    await enter(exchange());
    const [late, hasty, leaves] = [exchange(), exchange(undefined, 300), exchange()];
    const waiting = [enter(late), enter(hasty), enter(leaves)];
    leaves.cancel(new ParlanceError("cancelled", "The client left."));
    await vi.advanceTimersByTimeAsync(2000);
    expect((await Promise.all(waiting)).map((error) => error?.code)).toEqual([
      "overloaded",
      "deadline_exceeded",
      "cancelled",
    ]);
    for (const one of [late, hasty, leaves]) {
      settle(one);
      one.stopDeadline();
    }
    expect(load.refusal(undefined)).toBeUndefined();
    load.stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is nothing while the memory is full; who runs goes on, and who asks for the plan alone is told it", async () => {
    const { load, memory, exchange, enter, settle } = world();
    const running = exchange();
    await enter(running);
    memory.bytes = 950;
    await vi.advanceTimersByTimeAsync(200);
    expect(load.refusal(undefined)).toMatchObject({ code: "overloaded", facts: { retryAfterMs: 1000 } });
    expect(await enter(exchange())).toMatchObject({ code: "overloaded" });
    expect(running.cancelled).toBeUndefined();
    expect(await enter(idleExchange(undefined, { clock, explain: () => {} }))).toBeUndefined();
    memory.bytes = 100;
    await vi.advanceTimersByTimeAsync(200);
    settle(running);
    expect(await enter(exchange())).toBeUndefined();
    load.stop();
  });

  it("follows another configuration: who waits is let in", async () => {
    const { load, exchange, enter } = world();
    await enter(exchange());
    const waiting = enter(exchange());
    load.configure({ maxInFlight: 5, queue: 0, queueTimeoutMs: 1000, maxMemoryBytes: undefined, maxDelayMs: 500 });
    expect(await waiting).toBeUndefined();
    load.stop();
  });
});
