import { describe, expect, it } from "vitest";
import { ParlanceError } from "../sdk/index.js";
import { ProviderHealth, WINDOW_MS } from "./provider-health.js";

const START = 1_700_000_000_000;

function begin() {
  let passed = 12_345;
  const health = new ProviderHealth({ monotonic: () => passed, wall: () => START + passed });
  const fail = (): void => health.failed(new ParlanceError("provider_overloaded", "no", { providerStatus: 503 }));
  return { health, fail, pass: (ms: number) => (passed += ms), wall: () => START + passed };
}

describe("the health of a provider", () => {
  it("is unknown before the first attempt, and again when the window has passed", () => {
    const { health, pass, wall } = begin();
    expect(health.report()).toEqual({
      state: "unknown",
      attempts: 0,
      failures: 0,
      lastSuccessAt: undefined,
      lastError: undefined,
      medianTtftMs: undefined,
    });
    health.succeeded(20);
    const at = wall();
    expect(health.report()).toMatchObject({ state: "healthy", attempts: 1, medianTtftMs: 20 });
    pass(WINDOW_MS + 1);
    expect(health.report()).toMatchObject({
      state: "unknown",
      attempts: 0,
      lastSuccessAt: at,
      medianTtftMs: undefined,
    });
  });

  it("is degraded by one failure, down by three in a row, and back with the next success", () => {
    const { health, fail, wall } = begin();
    for (let i = 0; i < 40; i += 1) health.succeeded(undefined);
    fail();
    expect(health.report().state).toBe("degraded");
    fail();
    fail();
    expect(health.report()).toMatchObject({
      state: "down",
      attempts: 43,
      failures: 3,
      lastError: { code: "provider_overloaded", status: 503, at: wall() },
    });
    health.succeeded(undefined);
    expect(health.report().state).toBe("healthy");
  });

  it("is degraded while one attempt in ten fails, and forgets them slot by slot", () => {
    const { health, fail, pass } = begin();
    fail();
    pass(WINDOW_MS / 2);
    for (let i = 0; i < 9; i += 1) health.succeeded(undefined);
    expect(health.report()).toMatchObject({ state: "degraded", attempts: 10, failures: 1 });
    pass(WINDOW_MS / 2 + 1);
    expect(health.report()).toMatchObject({ state: "healthy", attempts: 9, failures: 0 });
  });

  it("is degraded, but never down, by rate limits", () => {
    const { health } = begin();
    for (let i = 0; i < 5; i += 1) health.failed(new ParlanceError("provider_rate_limited", "slow down"));
    expect(health.report()).toMatchObject({ state: "degraded", failures: 5 });
  });

  it("does not count what is the caller's doing", () => {
    const { health } = begin();
    for (const code of ["invalid_request", "cancelled", "unsupported", "deadline_exceeded"] as const) {
      health.failed(new ParlanceError(code, "no"));
    }
    expect(health.report()).toMatchObject({ state: "unknown", lastError: undefined });
  });

  it("tells the median time to the first content of the latest streams", () => {
    const { health } = begin();
    for (const ms of [900, 10, 30, 20]) health.succeeded(ms);
    health.succeeded(undefined);
    expect(health.report().medianTtftMs).toBe(25);
    for (let i = 0; i < 1000; i += 1) health.succeeded(7);
    expect(health.report().medianTtftMs).toBe(7);
  });
});
