import { describe, expect, it } from "vitest";
import type { TargetView } from "../../src/core/target-view.js";
import { LatencyMeter } from "../../src/resilience/latency-meter.js";
import { quietView } from "../support/quiet-view.js";
import { at, routingWorld } from "../support/routing-world.js";
import { seeded } from "../support/seeded.js";

/** Targets that take as long as they are told, in a time of their own, asked by `lowest_latency`. */
function world(times: Record<string, number>, seed: number) {
  let now = 0;
  const clock = { monotonic: () => now, wall: () => now };
  const states = new Map<string, { meter: LatencyMeter; inFlight: number }>();
  const stateOf = (target: string) => {
    const state = states.get(target) ?? { meter: new LatencyMeter(clock), inFlight: 0 };
    states.set(target, state);
    return state;
  };
  const routing = routingWorld({
    models: [{ name: "smart", strategy: "lowest_latency", targets: Object.keys(times).map((name) => at(name)) }],
    viewOf: (target): TargetView => ({
      ...quietView,
      get inFlight() {
        return stateOf(target).inFlight;
      },
      latency: () => stateOf(target).meter.now(),
    }),
    clock,
    random: seeded(seed),
    explore: 0.05,
  });
  const jitter = seeded(seed + 1);
  const running: { at: number; end: () => void }[] = [];
  const passTo = (time: number): void => {
    for (;;) {
      running.sort((a, b) => a.at - b.at);
      const next = running[0];
      if (next === undefined || next.at > time) break;
      running.shift();
      now = next.at;
      next.end();
    }
    now = time;
  };
  return {
    times,
    now: () => now,
    /** Asks once, `gapMs` after the last; gives who is asked. The answer comes in its own time. */
    async ask(gapMs: number): Promise<string> {
      passTo(now + gapMs);
      const [first = ""] = await routing.names();
      const state = stateOf(first);
      const attempt = {};
      const ms = (times[first[0] as string] as number) * (0.8 + 0.4 * jitter());
      state.inFlight += 1;
      state.meter.began(attempt);
      running.push({
        at: now + ms,
        end: () => {
          state.inFlight -= 1;
          state.meter.answered(attempt, ms);
          state.meter.ended(attempt, undefined);
        },
      });
      return first[0] as string;
    },
  };
}

/** Share of the next requests that go to a target. */
async function shareOf(name: string, requests: number, gapMs: number, ask: (gapMs: number) => Promise<string>) {
  let count = 0;
  for (let i = 0; i < requests; i += 1) if ((await ask(gapMs)) === name) count += 1;
  return count / requests;
}

const loads = [50, 200, 500, 1000];

describe.each(loads)("lowest_latency, with a request every %d ms", (gapMs) => {
  it.each([1, 2, 3])(
    "leaves a target that slows down within 20 requests, and returns within a minute of its recovery (%d)",
    async (seed) => {
      const { times, now, ask } = world({ a: 200, b: 400 }, seed);
      await shareOf("a", 100, gapMs, ask);
      expect(await shareOf("a", 100, gapMs, ask), "the quicker one").toBeGreaterThan(0.85);
      times.a = 4000;
      // Those that are asked in the meantime are the ones that find out.
      await shareOf("a", 20, gapMs, ask);
      expect(await shareOf("a", 100, gapMs, ask), "slow").toBeLessThan(0.12);
      times.a = 200;
      const recovered = now();
      while (now() < recovered + 60_000) await ask(gapMs);
      expect(await shareOf("a", 100, gapMs, ask), "recovered").toBeGreaterThan(0.85);
    },
  );
});

describe("lowest_latency", () => {
  it("among five, forsakes the slowest but for the tries, and has the quickest answer most", async () => {
    const { ask } = world({ a: 300, b: 250, c: 200, d: 350, e: 3000 }, 7);
    await shareOf("e", 100, 200, ask);
    const seen: Record<string, number> = {};
    for (let i = 0; i < 1000; i += 1) {
      const name = await ask(200);
      seen[name] = (seen[name] ?? 0) + 1;
    }
    expect((seen.e ?? 0) / 1000).toBeLessThan(0.07);
    expect(Math.max(...Object.values(seen))).toBe(seen.c);
    // Of ten pairs four have the quickest of five in them.
    expect((seen.c ?? 0) / 1000).toBeCloseTo(0.38, 1);
  });

  it("forgives a slow start, and tries what was never measured once and not a hundred times", async () => {
    const { times, ask } = world({ a: 5000, b: 300 }, 9);
    let toA = 0;
    for (let i = 0; i < 40; i += 1) if ((await ask(50)) === "a") toA += 1;
    expect(toA).toBeLessThan(10);
    times.a = 100;
    await shareOf("a", 300, 200, ask);
    expect(await shareOf("a", 100, 200, ask)).toBeGreaterThan(0.85);
  });
});
