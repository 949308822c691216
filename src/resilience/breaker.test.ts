import { describe, expect, it } from "vitest";
import { Breaker, type BreakerSettings, type Permit } from "./breaker.js";

const SETTINGS: BreakerSettings = {
  failures: 3,
  openMs: 600_000,
  windowMs: 60_000,
  failurePercent: 50,
  minAttempts: 20,
  slowMs: undefined,
  slowPercent: 80,
  permits: 1,
  ejectionMs: 30_000,
  panicPercent: 50,
};

function open(settings: Partial<BreakerSettings> = {}) {
  let now = 1000;
  const breaker = new Breaker({ monotonic: () => now, wall: () => now }, { ...SETTINGS, ...settings });
  const leave = (panic = false): Permit => {
    const permit = breaker.ask(panic);
    if (typeof permit !== "number") throw new Error(permit.reason);
    return permit;
  };
  return {
    breaker,
    leave,
    pass: (ms: number) => {
      now += ms;
    },
    fail: (times = 1) => {
      for (let i = 0; i < times; i += 1) breaker.failed(leave(true), "provider_error");
    },
    succeed: (times = 1, ttftMs?: number) => {
      for (let i = 0; i < times; i += 1) breaker.succeeded(leave(true), ttftMs);
    },
  };
}

describe("failures in a row", () => {
  it("open it for ten minutes, in which nobody is let in; then one attempt may try it, and its success closes it", () => {
    const { breaker, leave, pass, fail } = open();
    fail(3);
    for (let second = 0; second < 600; second += 1) {
      expect(breaker.ask(false), `after ${second} s`).toMatchObject({ ejected: false });
      expect(breaker.ask(true), "panic opens nothing").toMatchObject({ ejected: false });
      pass(1000);
    }
    const probe = leave();
    expect(breaker.ask(false)).toEqual({
      reason:
        "its breaker is half open after 3 failures in a row, the last one provider_error, and an attempt tries it",
      retryAfterMs: 30_000,
      ejected: false,
    });
    expect(breaker.succeeded(probe, 10)).toBe(true);
    expect(breaker.opening).toBeUndefined();
    expect(breaker.failuresInRow).toBe(0);
    leave();
    leave();
  });

  it("say how long it stays open, and why", () => {
    const { breaker, pass, fail } = open();
    fail(3);
    pass(2500);
    expect(breaker.refusal()).toEqual({
      reason: "its breaker is open for another 9m58s after 3 failures in a row, the last one provider_error",
      retryAfterMs: 597_500,
      ejected: false,
    });
  });

  it("of the attempt that tries it open it for as long again, from the later failure on", () => {
    const { breaker, pass, fail } = open();
    fail(3);
    pass(600_000 + 45_000);
    fail();
    expect(breaker.refusal()).toMatchObject({
      retryAfterMs: 600_000,
      reason: "its breaker is open for another 10m after 4 failures in a row, the last one provider_error",
    });
    pass(599_999);
    expect(breaker.refusal()).toMatchObject({ retryAfterMs: 1 });
    pass(1);
    expect(breaker.refusal()).toBeUndefined();
  });

  it("that come of attempts which ran when it opened keep it open from the later one on", () => {
    const { breaker, leave, pass, fail } = open();
    const late = leave();
    fail(3);
    pass(60_000);
    expect(breaker.failed(late, "provider_timeout")).toBe(true);
    expect(breaker.refusal()).toMatchObject({ retryAfterMs: 600_000 });
  });

  it("that began before it closed again do not open it", () => {
    const { breaker, leave, pass, fail, succeed } = open();
    const early = [leave(), leave(), leave()];
    fail(3);
    pass(600_000);
    succeed();
    for (const permit of early) breaker.failed(permit, "provider_timeout");
    expect(breaker.opening).toBeUndefined();
    expect(breaker.failuresInRow).toBe(0);
  });

  it("that began before it opened do not close it when they answer after all", () => {
    const { breaker, leave, fail } = open();
    const early = leave();
    fail(3);
    expect(breaker.succeeded(early, 10)).toBe(false);
    expect(breaker.opening).toMatchObject({ by: "failures", hard: true });
  });

  it("are only those without a success between them", () => {
    const { breaker, fail, succeed } = open();
    for (let i = 0; i < 8; i += 1) {
      fail(2);
      succeed(3);
    }
    expect(breaker.opening).toBeUndefined();
  });

  it("do not open it where they are not to", () => {
    const { breaker, fail } = open({ failures: 0, failurePercent: 0 });
    fail(100);
    expect(breaker.opening).toBeUndefined();
  });
});

describe("half open", () => {
  it("gives a permit again that was given back by a cancelled attempt", () => {
    const { breaker, leave, pass, fail } = open();
    fail(3);
    pass(600_000);
    for (let i = 0; i < 50; i += 1) {
      const probe = leave();
      expect(breaker.refusal()).toBeDefined();
      breaker.uncounted(probe);
    }
    expect(breaker.isHalfOpen).toBe(true);
  });

  it("is not blocked for ever by a permit that nobody gives back", () => {
    const { breaker, leave, pass, fail } = open();
    fail(3);
    pass(600_000);
    leave();
    pass(29_999);
    expect(breaker.ask(false)).toMatchObject({ retryAfterMs: 1 });
    pass(1);
    breaker.succeeded(leave(), 10);
    expect(breaker.opening).toBeUndefined();
  });

  it("lets as many try it at once as are permitted", () => {
    const { breaker, leave, pass, fail } = open({ permits: 3 });
    fail(3);
    pass(600_000);
    leave();
    leave();
    const third = leave();
    expect(breaker.refusal()?.reason).toContain("3 attempts try it");
    breaker.failed(third, "provider_error");
    expect(breaker.refusal()).toMatchObject({ retryAfterMs: 600_000 });
  });
});

describe("a share of failures", () => {
  it("ejects it for half a minute, which panic overrules", () => {
    const { breaker, leave, pass, fail, succeed } = open();
    for (let i = 0; i < 9; i += 1) {
      fail();
      succeed();
    }
    succeed();
    expect(breaker.opening, "19 attempts are too few").toBeUndefined();
    fail();
    expect(breaker.ask(false)).toEqual({
      reason: "its breaker is open for another 30s since 10 of 20 attempts of the last 1m failed",
      retryAfterMs: 30_000,
      ejected: true,
    });
    breaker.succeeded(leave(true), 10);
    expect(breaker.refusal(), "an answer in panic does not end the ejection").toBeDefined();
    pass(30_000);
    succeed();
    expect(breaker.opening).toBeUndefined();
    fail(1);
    expect(breaker.opening, "what was counted before is forgotten").toBeUndefined();
  });

  it("counts from the later failure where panic lets attempts in, and failures in a row open it hard", () => {
    const { breaker, pass, fail, succeed } = open({ minAttempts: 2 });
    succeed();
    fail();
    pass(20_000);
    fail();
    expect(breaker.refusal()).toMatchObject({ ejected: true, retryAfterMs: 30_000 });
    fail();
    expect(breaker.ask(true)).toMatchObject({ ejected: false, retryAfterMs: 600_000 });
  });

  it("is one of the window: what has left it does not count", () => {
    const { breaker, pass, fail, succeed } = open({ failures: 0 });
    fail(10);
    succeed(9);
    pass(60_000);
    fail();
    expect(breaker.counts).toEqual({ attempts: 1, failures: 1, slow: 0 });
    expect(breaker.opening).toBeUndefined();
  });

  it("is slid on by time alone", () => {
    const { breaker, pass, succeed } = open();
    for (let i = 0; i < 10; i += 1) {
      succeed();
      pass(6000);
    }
    expect(breaker.counts.attempts).toBe(9);
    pass(30_000);
    expect(breaker.counts.attempts).toBe(4);
  });
});

describe("a share of slow attempts", () => {
  it("ejects it, and a slow attempt that tries it again ejects it again", () => {
    const { breaker, pass, succeed } = open({ slowMs: 5000, minAttempts: 5 });
    succeed(1, 100);
    succeed(3, 5000);
    expect(breaker.opening).toBeUndefined();
    succeed(1, 9000);
    expect(breaker.refusal()).toMatchObject({
      ejected: true,
      reason: "its breaker is open for another 30s since 4 of 5 attempts of the last 1m were slow",
    });
    pass(30_000);
    succeed(1, 7000);
    expect(breaker.refusal()).toMatchObject({ retryAfterMs: 30_000 });
    pass(30_000);
    succeed(1, 4999);
    expect(breaker.opening).toBeUndefined();
  });

  it("counts attempts that another was quicker than, after as long; they say nothing of failures in a row", () => {
    const { breaker, leave, pass, fail } = open({ slowMs: 5000, minAttempts: 5, failurePercent: 0 });
    fail(2);
    for (let i = 0; i < 10; i += 1) breaker.overtaken(leave(), 4999);
    expect([breaker.counts.slow, breaker.failuresInRow]).toEqual([0, 2]);
    for (let i = 0; i < 8; i += 1) expect(breaker.overtaken(leave(), 5000)).toBe(i === 7);
    expect(breaker.opening).toMatchObject({ by: "slow_share", hard: false });
    pass(30_000);
    const permit = leave();
    expect(breaker.refusal()).toBeDefined();
    // Whether it is back is not known of one that was ended: the next one tries.
    breaker.overtaken(permit, 9000);
    expect([breaker.isHalfOpen, breaker.refusal()]).toEqual([true, undefined]);
  });

  it("is nothing where no attempt is slow", () => {
    const { breaker, succeed } = open({ minAttempts: 1 });
    succeed(50, 3_600_000);
    expect(breaker.opening).toBeUndefined();
  });
});

describe("from outside", () => {
  it("an operator opens it until a time, and late failures do not move that", () => {
    const { breaker, leave, pass } = open();
    const running = leave();
    breaker.open("operator", true, 10_000, "by an operator");
    breaker.failed(running, "provider_error");
    expect(breaker.refusal()).toEqual({
      reason: "its breaker is open for another 10s by an operator",
      retryAfterMs: 10_000,
      ejected: false,
    });
    pass(10_000);
    expect(breaker.refusal()).toBeUndefined();
  });

  it("it is made half open before its time, once", () => {
    const { breaker, leave, fail } = open();
    expect(breaker.halfOpen()).toBe(false);
    fail(3);
    expect(breaker.halfOpen()).toBe(true);
    expect(breaker.halfOpen()).toBe(false);
    breaker.failed(leave(), "provider_error");
    expect(breaker.refusal()).toMatchObject({ retryAfterMs: 600_000 });
  });

  it("other settings count from then on", () => {
    const { breaker, fail } = open();
    fail(2);
    breaker.configure({ ...SETTINGS, failures: 5, openMs: 1000 });
    fail(2);
    expect(breaker.opening).toBeUndefined();
    fail();
    expect(breaker.refusal()).toMatchObject({ retryAfterMs: 1000 });
  });
});
