import { describe, expect, it } from "vitest";
import { ParlanceError } from "../sdk/index.js";
import { type CanaryEntry, createCanaries } from "./canaries.js";

const MINUTE = 60_000;
const FAILED = new ParlanceError("provider_error", "It broke.");

const entry: CanaryEntry = {
  route: "smart",
  member: "new/m",
  targets: ["new/m"],
  policy: {
    steps: [
      { percent: 5, durationMs: 10 * MINUTE },
      { percent: 20, durationMs: 60 * MINUTE },
      { percent: 100, durationMs: undefined },
    ],
    maxErrorPercent: 10,
    maxTtftMs: 2000,
    minAttempts: 10,
  },
};

function world(entries: readonly CanaryEntry[] = [entry]) {
  let now = 1000;
  const records: Record<string, unknown>[] = [];
  const canaries = createCanaries(
    { monotonic: () => now, wall: () => now },
    (_level, record) => void records.push(record),
  );
  canaries.configure(entries);
  const attempts = (count: number, error?: ParlanceError, ttftMs = 100): void => {
    for (let i = 0; i < count; i += 1) canaries.attempted("new/m", error, ttftMs);
  };
  const share = () => canaries.of("smart", "new/m")?.share();
  const words = () => canaries.of("smart", "new/m")?.words();
  return { canaries, records, attempts, share, words, pass: (ms: number) => (now += ms) };
}

describe("a canary", () => {
  it("falls back at once where its breaker opens, and is told of it once", () => {
    const { canaries, records, share, words } = world();
    canaries.broke("other/m", "after 3 failures in a row");
    expect(share()).toBe(0.05);
    for (let i = 0; i < 2; i += 1) canaries.broke("new/m", "after 3 failures in a row");
    expect(share()).toBe(0);
    expect(words()).toContain("its breaker opened after 3 failures in a row");
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ msg: "canary", state: "fallen_back" });
    canaries.reset("smart");
    expect(share()).toBe(0.05);
  });

  it("gets its share by steps, and keeps the last one's", () => {
    const { share, words, pass } = world();
    expect(share()).toBe(0.05);
    expect(words()).toBe("step 1 of 3: 5 % of the requests for another 10m; 0 attempts, 0 failed, 0 slow");
    pass(10 * MINUTE - 1);
    expect(share()).toBe(0.05);
    pass(1);
    expect(share()).toBe(0.2);
    pass(60 * MINUTE);
    expect(share()).toBe(1);
    pass(1_000_000 * MINUTE);
    expect(share()).toBe(1);
    expect(words()).toBe("step 3 of 3: 100 % of the requests; 0 attempts, 0 failed, 0 slow");
  });

  it("falls back when too many attempts of the step fail, and tells it once", () => {
    const { attempts, share, words, records, pass } = world();
    attempts(8);
    attempts(1, FAILED);
    expect(share()).toBe(0.05);
    attempts(1);
    expect(share()).toBe(0);
    const reason = "1 of 10 attempts failed, with 10 % as the limit";
    expect(records).toEqual([{ msg: "canary", model: "smart", target: "new/m", state: "fallen_back", reason }]);
    attempts(30, FAILED);
    pass(100 * MINUTE);
    expect([share(), records.length]).toEqual([0, 1]);
    expect(words()).toBe(`fell back 1h40m ago: ${reason}`);
  });

  it("is not judged before it has had its attempts, and is judged by the last ones", () => {
    const { attempts, share } = world();
    attempts(9, FAILED);
    expect(share()).toBe(0.05);
    const good = world();
    good.attempts(5000);
    good.attempts(19, FAILED);
    expect(good.share()).toBe(0.05);
    good.attempts(1, FAILED);
    expect(good.share()).toBe(0);
  });

  it("falls back when the median of its answers is slow", () => {
    const { attempts, share, records } = world();
    attempts(5, undefined, 1999);
    attempts(5, undefined, 2000);
    expect(share()).toBe(0.05);
    attempts(1, undefined, 9000);
    expect(share()).toBe(0);
    expect(records[0]?.reason).toBe("more than half of 11 answers took 2s or longer to begin");
  });

  it("begins each step with no attempts, so that it is judged by what it bears now", () => {
    const { attempts, share, words, pass } = world();
    attempts(9, FAILED);
    pass(10 * MINUTE);
    attempts(9);
    expect(share()).toBe(0.2);
    expect(words()).toContain("9 attempts, 0 failed");
  });

  it("is not blamed for what is not its provider's doing", () => {
    const { attempts, share, words } = world();
    attempts(50, new ParlanceError("invalid_request", "No."));
    attempts(50, new ParlanceError("cancelled", "Gone."));
    expect(share()).toBe(0.05);
    expect(words()).toContain("0 attempts");
  });

  it("begins anew when its route is reset", () => {
    const { canaries, attempts, share, pass } = world();
    pass(10 * MINUTE);
    attempts(20, FAILED);
    expect(share()).toBe(0);
    canaries.reset("other");
    expect(share()).toBe(0);
    canaries.reset("smart");
    expect(share()).toBe(0.05);
    pass(10 * MINUTE);
    expect(share()).toBe(0.2);
  });

  it("outlives a change of configuration that leaves it as it is, fallen or not", () => {
    const { canaries, attempts, share, pass } = world();
    pass(10 * MINUTE);
    canaries.configure([structuredClone(entry), { ...entry, route: "another" }]);
    expect(share()).toBe(0.2);
    attempts(20, FAILED);
    canaries.configure([structuredClone(entry)]);
    expect(share()).toBe(0);
    canaries.configure([{ ...entry, policy: { ...entry.policy, maxErrorPercent: 20 } }]);
    expect(share()).toBe(0.05);
    canaries.configure([]);
    expect(canaries.of("smart", "new/m")).toBeUndefined();
  });

  it("has the attempts of the targets of a pattern, and of a group", () => {
    const { canaries, share } = world([{ ...entry, targets: ["old/m", "new/*"] }]);
    for (let i = 0; i < 9; i += 1) canaries.attempted("new/other", FAILED, undefined);
    canaries.attempted("never/m", FAILED, undefined);
    expect(share()).toBe(0.05);
    canaries.attempted("old/m", FAILED, undefined);
    expect(share()).toBe(0);
  });
});
