import { describe, expect, it } from "vitest";
import { seededRandom } from "../../test/support/seeded-random.js";
import { AdaptiveLimit } from "./adaptive-limit.js";

/** A server that works on `capacity` requests at once, each for about `baseMs`; the others wait in its own queue. */
interface Server {
  capacity: number;
  baseMs: number;
  /** It refuses those that come when as many are there; undefined means none. */
  refusesFrom?: number;
}

/** A world in which time goes from event to event, and `demand` requests would run at once if the limit let them. */
function simulate(server: Server, max = 1000) {
  let now = 0;
  const limit = new AdaptiveLimit({ monotonic: () => now, wall: () => now }, max);
  const random = seededRandom(7);
  let demand = 1000;
  let answered = 0;
  const working: { until: number; began: number }[] = [];
  const waiting: { began: number }[] = [];
  const work = (began: number): void => {
    // Answers are not alike: from half to one and a half times the usual time.
    working.push({ began, until: now + server.baseMs * (0.5 + random()) });
  };
  const admit = (): void => {
    let refused = 0;
    while (working.length + waiting.length < Math.min(limit.limit, demand) && refused < 10) {
      if (working.length + waiting.length >= (server.refusesFrom ?? Number.POSITIVE_INFINITY)) {
        limit.overloaded(now);
        refused += 1;
      } else if (working.length < server.capacity) work(now);
      else waiting.push({ began: now });
    }
  };
  const run = (ms: number): void => {
    const end = now + ms;
    admit();
    while (working.length > 0) {
      const first = working.reduce((soonest, one) => (one.until < soonest.until ? one : soonest));
      if (first.until > end) break;
      now = first.until;
      const inFlight = working.length + waiting.length;
      working.splice(working.indexOf(first), 1);
      if (working.length < server.capacity) {
        const next = waiting.shift();
        if (next !== undefined) work(next.began);
      }
      answered += 1;
      limit.answered(now - first.began, true, inFlight);
      admit();
    }
    now = end;
    admit();
  };
  /** The limits of a time, looked at each second. */
  const limitsOf = (ms: number): number[] =>
    Array.from({ length: ms / 1000 }, () => {
      run(1000);
      return limit.limit;
    });
  return {
    limit,
    run,
    limitsOf,
    setDemand: (next: number) => (demand = next),
    /** Answers a second over a time. */
    throughput(ms: number): number {
      const before = answered;
      run(ms);
      return ((answered - before) * 1000) / ms;
    },
  };
}

/** The number that a share of them does not exceed. A window in sixty is a probe at half of the limit. */
const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))] as number;
const least = (numbers: readonly number[]): number => quantile(numbers, 0.1);
const most = (numbers: readonly number[]): number => Math.max(...numbers);

describe("a limit that follows what the target bears", () => {
  it.each([5, 20, 100])("settles near a capacity of %i under more than it bears, and stays there", (capacity) => {
    const world = simulate({ capacity, baseMs: 1000 });
    world.run(120_000);
    const limits = world.limitsOf(30 * 60_000);
    expect(least(limits)).toBeGreaterThanOrEqual(capacity * 0.9);
    expect(most(limits)).toBeLessThanOrEqual(capacity * 3 + 5);
    // It costs nothing of what the server can do.
    expect(world.throughput(60_000)).toBeGreaterThan(capacity * 0.9);
  });

  it("follows a capacity that falls and rises", () => {
    const server = { capacity: 40, baseMs: 1000 };
    const world = simulate(server);
    world.run(120_000);
    server.capacity = 10;
    world.run(120_000);
    const fallen = world.limitsOf(120_000);
    expect(most(fallen)).toBeLessThanOrEqual(30);
    expect(least(fallen)).toBeGreaterThanOrEqual(9);
    server.capacity = 40;
    world.run(120_000);
    expect(least(world.limitsOf(120_000))).toBeGreaterThanOrEqual(36);
    expect(world.throughput(60_000)).toBeGreaterThan(34);
  });

  it("does not take for overload what is slow by itself", () => {
    const server = { capacity: 40, baseMs: 500 };
    const world = simulate(server);
    world.run(120_000);
    server.baseMs = 2000;
    world.run(300_000);
    expect(least(world.limitsOf(120_000))).toBeGreaterThanOrEqual(36);
    server.baseMs = 500;
    // Probes at half of the limit find out that it is fast again.
    world.run(20 * 60_000);
    expect(most(world.limitsOf(120_000))).toBeLessThanOrEqual(100);
  });

  it("backs off when the target says that it has too much, at most once for what it said of one moment", () => {
    const world = simulate({ capacity: 1000, baseMs: 1000, refusesFrom: 30 });
    world.run(120_000);
    const limits = world.limitsOf(120_000);
    expect(least(limits)).toBeGreaterThanOrEqual(20);
    expect(most(limits)).toBeLessThanOrEqual(45);
    let now = 0;
    const limit = new AdaptiveLimit({ monotonic: () => now, wall: () => now }, 1000);
    now = 10;
    for (let i = 0; i < 100; i += 1) limit.overloaded(5);
    expect(limit.limit).toBe(8);
  });

  it("does not grow while nobody needs it, never leaves its bounds, and is one at least", () => {
    const world = simulate({ capacity: 1000, baseMs: 1000 }, 50);
    world.setDemand(8);
    world.run(120_000);
    expect(world.limit.limit).toBeLessThanOrEqual(20);
    world.setDemand(1000);
    expect(most(world.limitsOf(120_000))).toBe(50);
    world.limit.setMax(30);
    expect(world.limit.limit).toBe(30);
    let now = 0;
    const limit = new AdaptiveLimit({ monotonic: () => now, wall: () => now }, 1000);
    for (now = 1; now < 100; now += 1) limit.overloaded(now);
    expect(limit.limit).toBe(1);
  });
});
