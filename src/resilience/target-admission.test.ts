import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { idleExchange } from "../../test/support/idle-exchange.js";
import { noLimit } from "../../test/support/no-limit.js";
import { Deadlines } from "../core/deadlines.js";
import { type ErrorCode, ParlanceError } from "../sdk/index.js";
import type { BreakerSettings } from "./breaker.js";
import type { Leave, Refusal } from "./leave.js";
import type { SlotSettings } from "./target-slots.js";
import { createTargetStates } from "./target-states.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const clock = { monotonic: () => performance.now(), wall: () => Date.now() };
const BREAKER: BreakerSettings = {
  failures: 1,
  openMs: 60_000,
  windowMs: 60_000,
  failurePercent: 0,
  minAttempts: 20,
  slowMs: undefined,
  slowPercent: 80,
  permits: 1,
  ejectionMs: 30_000,
  panicPercent: 50,
};

function world(slots: Partial<SlotSettings>) {
  const settings = {
    names: new Set(["a/m"]),
    of: () => ({ breaker: BREAKER, slots: { ...noLimit, ...slots }, place: "here" }),
  };
  const states = createTargetStates(clock, new Deadlines(), settings);
  states.configure(settings);
  const state = states.find("a/m");
  if (state === undefined) throw new Error("a configured target has no state");
  const admit = async (exchange = idleExchange()): Promise<Leave | Refusal> => states.admit("a/m", exchange, false);
  const begin = async (): Promise<Leave> => {
    const leave = await admit();
    if (leave.kind === "refusal") throw new Error(leave.reason);
    return leave;
  };
  return { state, admit, begin };
}

function settle(leave: Leave, code?: ErrorCode): void {
  const error = code === undefined ? undefined : new ParlanceError(code, code);
  leave.settle({ error, ttftMs: 5, durationMs: 10, outputTokens: 2 });
}

describe("leave for an attempt", () => {
  it("waits for a slot and is given with it", async () => {
    const { state, admit, begin } = world({ maxInFlight: 1 });
    const first = await begin();
    const second = admit();
    expect([state.inFlight, state.queued, state.limit]).toEqual([1, 1, 1]);
    settle(first);
    expect((await second).kind).toBe("leave");
    expect([state.inFlight, state.queued]).toEqual([1, 0]);
  });

  it("is refused as overloaded, with the reason, where the queue is full or was waited in for too long", async () => {
    const { admit, begin, state } = world({ maxInFlight: 1, queue: 1, queueTimeoutMs: 1000 });
    await begin();
    const late = admit();
    expect(await admit()).toMatchObject({
      kind: "refusal",
      code: "overloaded",
      reason: "as many attempts as it takes run (1), and its queue is full",
      retryAfterMs: 1000,
    });
    await vi.advanceTimersByTimeAsync(1200);
    expect(await late).toMatchObject({ code: "overloaded", reason: expect.stringContaining("waited in for") });
    expect([state.inFlight, state.queued]).toEqual([1, 0]);
  });

  it("is refused to all who wait once the breaker opens, and none of their slots is lost", async () => {
    const { state, admit, begin } = world({ maxInFlight: 2 });
    const [first, second] = [await begin(), await begin()];
    const waiting = [admit(), admit(), admit()];
    settle(first, "provider_error");
    const refused = await Promise.all(waiting);
    expect(refused.map((one) => one.kind === "refusal" && one.code)).toEqual(Array(3).fill("no_healthy_target"));
    // Nobody joins the queue of what is not called.
    expect(await admit()).toMatchObject({ kind: "refusal", code: "no_healthy_target" });
    expect([state.inFlight, state.queued]).toEqual([1, 0]);
    settle(second);
    expect(state.inFlight).toBe(0);
    state.reset();
    expect((await admit()).kind).toBe("leave");
  });

  it("is not had by an exchange that ended in the queue", async () => {
    const { state, admit, begin } = world({ maxInFlight: 1 });
    const first = await begin();
    const exchange = idleExchange();
    const waiting = admit(exchange);
    exchange.cancel(new ParlanceError("cancelled", "The client left."));
    expect((await waiting).kind).toBe("refusal");
    settle(first);
    expect([state.inFlight, state.queued]).toEqual([0, 0]);
  });

  it("follows what the target bears where that is configured", async () => {
    const { state, begin } = world({ adaptive: true, maxInFlight: 1000 });
    expect(state.limit).toBe(10);
    for (let window = 0; window < 5; window += 1) {
      const leaves = await Promise.all(Array.from({ length: state.limit }, begin));
      await vi.advanceTimersByTimeAsync(1500);
      for (const leave of leaves) {
        leave.answered(1000);
        settle(leave);
      }
    }
    const grown = state.limit;
    expect(grown).toBeGreaterThan(10);
    await vi.advanceTimersByTimeAsync(1500);
    settle(await begin(), "provider_rate_limited");
    expect(state.limit).toBe(Math.floor(grown * 0.8));
  });
});
