import { beforeEach, describe, expect, it } from "vitest";
import { createFakeTime, type FakeTime } from "../../test/support/fake-time.js";
import type { CallTimeouts } from "../core/call-timeouts.js";
import type { ParlanceError } from "../sdk/index.js";
import { hasTimeLimits, type TimeLimited, TimeLimits } from "./time-limits.js";

const USUAL: CallTimeouts = {
  connectMs: 1,
  firstByteMs: 1,
  idleMs: 1,
  firstContentMs: 300_000,
  minRate: 0,
  attemptMs: undefined,
  settings: "providers.a.timeouts",
};

class Attempt implements TimeLimited {
  committed = false;
  bytes = 0;
  error: ParlanceError | undefined;
  readonly limits: TimeLimits;

  constructor(timeouts: Partial<CallTimeouts>, stream: boolean, time: FakeTime) {
    this.limits = new TimeLimits(this, { ...USUAL, ...timeouts }, stream, time);
  }

  received(): number {
    return this.bytes;
  }

  commit(): void {
    this.committed = true;
    this.limits.committed();
  }

  fail(error: ParlanceError): void {
    this.error ??= error;
    this.limits.stop();
  }
}

let time: FakeTime;
beforeEach(() => {
  time = createFakeTime();
});

const start = (timeouts: Partial<CallTimeouts>, stream = true): Attempt => new Attempt(timeouts, stream, time);

describe("a stream's first content", () => {
  it("must come in time, by the name of the setting that says so", async () => {
    const attempt = start({ firstContentMs: 5000 });
    await time.pass(4999);
    expect(attempt.error).toBeUndefined();
    await time.pass(1);
    expect(attempt.error?.code).toBe("provider_timeout");
    expect(attempt.error?.message).toBe(
      "The provider's stream had no content within 5000 ms (providers.a.timeouts.first_content).",
    );
  });

  it("leaves no deadline behind once it has come", async () => {
    const attempt = start({ firstContentMs: 5000 });
    expect(time.waiting).toBe(1);
    attempt.commit();
    expect(time.waiting).toBe(0);
    await time.pass(10_000);
    expect(attempt.error).toBeUndefined();
  });
});

describe("the rate of a stream", () => {
  it("is measured over ten seconds after its first content", async () => {
    const attempt = start({ minRate: 100 });
    await time.pass(20_000);
    attempt.commit();
    for (let second = 0; second < 30; second += 1) {
      attempt.bytes += 100;
      await time.pass(1000);
    }
    expect(attempt.error).toBeUndefined();
    await time.pass(4000);
    attempt.bytes += 999;
    await time.pass(5999);
    expect(attempt.error).toBeUndefined();
    await time.pass(1);
    expect(attempt.error?.code).toBe("stream_stalled");
    expect(attempt.error?.message).toBe(
      "The provider's stream brought 99 bytes a second, less than 100 (providers.a.timeouts.min_rate).",
    );
    expect(time.waiting).toBe(0);
  });

  it("is not the provider's doing while the caller does not read", async () => {
    const attempt = start({ minRate: 100 });
    attempt.commit();
    attempt.bytes += 600;
    await time.pass(5000);
    attempt.limits.paused();
    await time.pass(3_600_000);
    expect(attempt.error).toBeUndefined();
    attempt.limits.resumed();
    attempt.bytes += 500;
    await time.pass(5999);
    expect(attempt.error).toBeUndefined();
    await time.pass(60_000);
    expect(attempt.error?.code).toBe("stream_stalled");
  });
});

describe("an attempt as a whole", () => {
  it.each([true, false])("ends in time, streamed: %s", async (stream) => {
    const attempt = start({ attemptMs: 60_000 }, stream);
    await time.pass(30_000);
    if (stream) attempt.commit();
    await time.pass(29_999);
    expect(attempt.error).toBeUndefined();
    await time.pass(1);
    expect(attempt.error?.code).toBe("provider_timeout");
    expect(attempt.error?.message).toContain("(providers.a.timeouts.attempt)");
  });

  it("is not charged with the time of a caller that does not read", async () => {
    const attempt = start({ attemptMs: 60_000 });
    attempt.commit();
    attempt.limits.paused();
    await time.pass(600_000);
    attempt.limits.resumed();
    await time.pass(59_999);
    expect(attempt.error).toBeUndefined();
    await time.pass(1000);
    expect(attempt.error?.code).toBe("provider_timeout");
  });

  it("has one deadline at a time, and none where nothing is limited", () => {
    start({ attemptMs: 60_000, minRate: 5, firstContentMs: 1000 }).commit();
    expect(time.waiting).toBe(1);
    expect(hasTimeLimits(USUAL, false)).toBe(false);
    expect(hasTimeLimits(USUAL, true)).toBe(true);
  });
});
