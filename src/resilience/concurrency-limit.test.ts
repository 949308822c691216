import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { idleExchange } from "../../test/support/idle-exchange.js";
import { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import { ParlanceError } from "../sdk/index.js";
import { ConcurrencyLimit, type ConcurrencySettings, type Turn } from "./concurrency-limit.js";

const QUEUE_MS = 1000;
const left = new ParlanceError("cancelled", "The client left.");

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** One that asked for a slot, and what became of it. */
interface Asked {
  readonly caller: string | undefined;
  readonly exchange: Exchange;
  turn: Turn | undefined;
}

/** A limit with those that asked, in order, and those that were given a slot, in the order of the giving. */
function world(settings: Partial<ConcurrencySettings> = {}) {
  const limit = new ConcurrencyLimit(new Deadlines(), {
    maxInFlight: 1,
    queue: 100,
    queueTimeoutMs: QUEUE_MS,
    ...settings,
  });
  const asked: Asked[] = [];
  const given: Asked[] = [];
  const tell = (one: Asked, turn: Turn): void => {
    expect(one.turn).toBeUndefined();
    one.turn = turn;
    if (turn === "slot") given.push(one);
  };
  return {
    limit,
    asked,
    given,
    take(caller?: string): Asked {
      const one: Asked = { caller, exchange: idleExchange(caller), turn: undefined };
      asked.push(one);
      const turn = limit.take(one.exchange);
      if (turn instanceof Promise) void turn.then((later) => tell(one, later));
      else tell(one, turn);
      return one;
    },
    waiting: () => asked.filter(({ turn }) => turn === undefined),
    settled: () => vi.advanceTimersByTimeAsync(0),
  };
}

describe("a limit of what runs at once", () => {
  it("gives slots at once while there are any, and then in the order of asking", async () => {
    const { limit, take, given, settled } = world({ maxInFlight: 2 });
    const [a, b, c, d] = [take(), take(), take(), take()];
    expect(given).toEqual([a, b]);
    expect([limit.inFlight, limit.queued, limit.limit]).toEqual([2, 2, 2]);
    limit.give();
    limit.give();
    await settled();
    expect(given).toEqual([a, b, c, d]);
    limit.give();
    limit.give();
    expect([limit.inFlight, limit.queued]).toEqual([0, 0]);
  });

  it("refuses at once when the queue is full, and when there is none", () => {
    const { take, limit, asked } = world({ queue: 1 });
    take("a");
    take("a");
    expect(limit.isFullFor(asked[0]?.exchange.caller)).toBe(true);
    expect(take("a").turn).toBe("full");
    const none = world({ queue: 0 });
    none.take("a");
    expect(none.take("b").turn).toBe("full");
  });

  it("ends a wait that is too long, and one whose exchange is cancelled, at once", async () => {
    const { limit, take, settled } = world();
    take();
    const gone = take();
    const late = take();
    gone.exchange.cancel(left);
    await settled();
    expect([gone.turn, limit.queued]).toEqual(["cancelled", 1]);
    await vi.advanceTimersByTimeAsync(QUEUE_MS - 1);
    expect(late.turn).toBeUndefined();
    await vi.advanceTimersByTimeAsync(200);
    expect([late.turn, limit.queued, limit.inFlight]).toEqual(["late", 0, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets nothing wait that was cancelled before", () => {
    const { limit } = world();
    void limit.take(idleExchange());
    const exchange = idleExchange();
    exchange.cancel(left);
    expect(limit.take(exchange)).toBe("cancelled");
  });

  it("is fair: a caller with one waits for one round of the others, not for the thousand of another", async () => {
    const { limit, take, given, settled } = world({ queue: 2000 });
    take("many");
    for (let i = 0; i < 1000; i += 1) take("many");
    const one = take("few");
    const nobody = take(undefined);
    for (let i = 0; i < 3; i += 1) limit.give();
    await settled();
    expect(given.slice(2)).toEqual([one, nobody]);
  });

  it("is fair at a full queue too: the newest of who has most there gives way to who has less", async () => {
    const { limit, take, asked, given, settled } = world({ queue: 3 });
    for (let i = 0; i < 5; i += 1) take("many");
    expect(limit.isFullFor(idleExchange("few").caller)).toBe(false);
    const one = take("few");
    const two = take("few");
    await settled();
    expect(asked.map(({ turn }) => turn)).toEqual(["slot", undefined, undefined, "full", "full", undefined, "full"]);
    expect(two.turn).toBe("full");
    limit.give();
    limit.give();
    await settled();
    expect(given).toEqual([asked[0], asked[1], one]);
  });

  it("follows a limit that changes: more slots are handed out at once, fewer as they come back", async () => {
    const { limit, take, given, settled } = world();
    for (let i = 0; i < 6; i += 1) take();
    limit.setLimit(4);
    await settled();
    expect(given.length).toBe(4);
    limit.setLimit(2);
    limit.give();
    limit.give();
    await settled();
    expect([given.length, limit.inFlight]).toEqual([4, 2]);
    limit.give();
    await settled();
    expect([given.length, limit.inFlight]).toEqual([5, 2]);
  });

  it("law 5: whatever comes in whatever order, each slot is given back once, none is lost, and all take their turns", async () => {
    const callers = [undefined, "a", "b", "c"];
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("take" as const), caller: fc.constantFrom(...callers) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("give" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 600 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("limit" as const), to: fc.integer({ min: 1, max: 6 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat({ max: 8 }), async (steps, queue) => {
        const { limit, asked, given, take, waiting, settled } = world({ maxInFlight: 2, queue });
        let running = 0;
        /** Whose turn it is first: what the queue should do, in the plainest way. */
        let round: { caller: string | undefined; line: Asked[] }[] = [];
        let seen = 0;
        const look = async (): Promise<void> => {
          await settled();
          // Who has left the queue without a slot leaves the model as well.
          for (const entry of round) {
            const out = entry.line.filter(({ turn }) => turn !== undefined && turn !== "slot");
            const most = Math.max(...round.map(({ line }) => line.length));
            for (const one of out.filter(({ turn }) => turn === "full")) {
              expect(entry.line.length).toBe(most);
              expect(entry.line.at(-1)).toBe(one);
            }
            entry.line = entry.line.filter((one) => !out.includes(one));
          }
          round = round.filter(({ line }) => line.length > 0);
          for (const one of given.slice(seen)) {
            const [first] = round;
            if (first === undefined || !first.line.includes(one)) continue;
            expect(first.line.shift()).toBe(one);
            round.shift();
            if (first.line.length > 0) round.push(first);
          }
          running += given.length - seen;
          seen = given.length;
          expect(round.flatMap(({ line }) => line).length).toBe(waiting().length);
          expect([limit.inFlight, limit.queued]).toEqual([running, waiting().length]);
          expect(limit.queued).toBeLessThanOrEqual(queue);
          // None waits while there is a slot.
          if (limit.queued > 0) expect(running).toBeGreaterThanOrEqual(limit.limit);
        };
        for (const next of steps) {
          const before = running;
          if (next.do === "take") {
            const one = take(next.caller);
            if (one.turn === undefined) {
              const own = round.find(({ caller }) => caller === next.caller);
              if (own === undefined) round.push({ caller: next.caller, line: [one] });
              else own.line.push(one);
            }
          } else if (next.do === "give" && running > 0) {
            running -= 1;
            limit.give();
          } else if (next.do === "cancel" && asked.length > 0) {
            (asked[next.which % asked.length] as Asked).exchange.cancel(left);
          } else if (next.do === "pass") {
            await vi.advanceTimersByTimeAsync(next.ms);
          } else if (next.do === "limit") {
            limit.setLimit(next.to);
          }
          await look();
          // What runs grows only up to the limit.
          if (running > before) expect(running).toBeLessThanOrEqual(limit.limit);
        }
        while (running > 0) {
          running -= 1;
          limit.give();
          await look();
        }
        expect([limit.inFlight, limit.queued, waiting().length]).toEqual([0, 0, 0]);
        // No deadline is left behind: the wheel stands still.
        await vi.advanceTimersByTimeAsync(100);
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
