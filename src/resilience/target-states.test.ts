import { describe, expect, it } from "vitest";
import { Deadlines } from "../core/deadlines.js";
import { noLimit } from "../../test/support/no-limit.js";
import type { Exchange } from "../core/exchange.js";
import type { Plan } from "../core/target.js";
import { type ErrorCode, ParlanceError } from "../sdk/index.js";
import type { BreakerSettings } from "./breaker.js";
import type { Leave, Refusal } from "./leave.js";
import { createTargetStates, type SettingsOfTargets, type TargetStates } from "./target-states.js";

const BREAKER: BreakerSettings = {
  failures: 3,
  openMs: 600_000,
  windowMs: 60_000,
  failurePercent: 50,
  minAttempts: 4,
  slowMs: undefined,
  slowPercent: 80,
  permits: 1,
  ejectionMs: 30_000,
  panicPercent: 50,
};

const settings = (names: readonly string[], breaker: Partial<BreakerSettings> = {}): SettingsOfTargets => ({
  names: new Set(names),
  of: () => ({
    breaker: { ...BREAKER, ...breaker },
    slots: noLimit,
    place: "here",
  }),
});

function open(names: readonly string[], breaker: Partial<BreakerSettings> = {}) {
  let now = 0;
  const states = createTargetStates({ monotonic: () => now, wall: () => now }, new Deadlines(), settings([]));
  states.configure(settings(names, breaker));
  const plan = names.map((name) => ({ target: { name, view: states.view(name) } })) as unknown as Plan;
  const exchange = { plan } as Exchange;
  const admit = (name: string, panic = false): Leave | Refusal =>
    states.admit(name, exchange, panic) as Leave | Refusal;
  return { states, admit, pass: (ms: number) => (now += ms), call: caller(admit) };
}

/** Calls a target; undefined means that it answers. */
function caller(admit: (name: string) => Leave | Refusal) {
  return (name: string, code?: ErrorCode): void => {
    const leave = admit(name);
    if (leave.kind === "refusal") throw new Error(leave.reason);
    const error = code === undefined ? undefined : new ParlanceError(code, code);
    if (error === undefined) leave.answered(5);
    leave.settle({ error, ttftMs: 5, durationMs: 10, outputTokens: 2 });
  };
}

describe("what counts against a target", () => {
  it.each([
    "provider_error",
    "provider_timeout",
    "provider_unavailable",
    "stream_truncated",
    "malformed_answer",
  ] as const)("is %s", (code) => {
    const { call, admit } = open(["a/m"]);
    for (let i = 0; i < 3; i += 1) call("a/m", code);
    expect(admit("a/m")).toMatchObject({ kind: "refusal", reason: expect.stringContaining(code) });
  });

  it.each([
    "invalid_request",
    "context_length_exceeded",
    "content_filtered",
    "request_too_large",
    "cancelled",
    "deadline_exceeded",
    "provider_rate_limited",
    "overloaded",
    "internal",
  ] as const)("is never %s: it is somebody else's doing, and a permit comes back", (code) => {
    const { call, admit, pass, states } = open(["a/m"]);
    for (let i = 0; i < 100; i += 1) call("a/m", code);
    expect(states.view("a/m").counts()).toMatchObject({ attempts: 0, failures: 0 });
    for (let i = 0; i < 3; i += 1) call("a/m", "provider_error");
    pass(600_000);
    for (let i = 0; i < 3; i += 1) call("a/m", code);
    expect(admit("a/m").kind).toBe("leave");
  });

  it("is not a plugin that was lost, which is started again within moments", () => {
    const { admit } = open(["a/m"]);
    const error = new ParlanceError("provider_unavailable", "It ended.", { pluginLost: true });
    for (let i = 0; i < 10; i += 1) {
      const leave = admit("a/m");
      if (leave.kind === "refusal") throw new Error(leave.reason);
      leave.settle({ error, ttftMs: undefined, durationMs: 10, outputTokens: undefined });
    }
    expect(admit("a/m").kind).toBe("leave");
  });
});

describe("leave", () => {
  it("counts attempts that run, and can be given back once only", () => {
    const { admit, states } = open(["a/m"]);
    const leave = admit("a/m") as Leave;
    expect(states.view("a/m").inFlight).toBe(1);
    const outcome = { error: undefined, ttftMs: 1, durationMs: 1, outputTokens: undefined };
    leave.settle(outcome);
    expect(states.view("a/m").inFlight).toBe(0);
    expect(() => leave.settle(outcome)).toThrow("twice");
    expect(states.view("a/m").inFlight).toBe(0);
  });
});

describe("panic", () => {
  const eject = (call: (name: string, code?: ErrorCode) => void, name: string): void => {
    for (const code of [undefined, "provider_error", undefined, "provider_error"] as const) call(name, code);
  };

  it("calls the only target of a plan although it is ejected", () => {
    const { call, admit, states } = open(["a/m"]);
    eject(call, "a/m");
    expect(states.view("a/m").unavailable()).toMatchObject({ ejected: true });
    expect(admit("a/m").kind).toBe("leave");
  });

  it("leaves one of two out, and calls both when both are ejected", () => {
    const { call, admit } = open(["a/m", "b/m"]);
    eject(call, "a/m");
    expect(admit("a/m")).toMatchObject({ kind: "refusal", ejected: true });
    eject(call, "b/m");
    expect(admit("a/m").kind).toBe("leave");
    expect(admit("b/m").kind).toBe("leave");
  });

  it("never calls what failures in a row have opened, nor what an operator has", () => {
    const { call, admit, states } = open(["a/m", "b/m"]);
    for (let i = 0; i < 3; i += 1) call("a/m", "provider_error");
    states.find("b/m")?.trip(1000);
    expect(admit("a/m", true)).toMatchObject({ kind: "refusal", ejected: false });
    expect(admit("b/m", true)).toMatchObject({ kind: "refusal", ejected: false });
  });

  it("begins where it is configured to", () => {
    const { call, admit } = open(["a/m", "b/m"], { panicPercent: 0 });
    eject(call, "a/m");
    eject(call, "b/m");
    expect(admit("a/m").kind).toBe("refusal");
    expect(admit("b/m").kind).toBe("refusal");
  });
});

describe("an operator", () => {
  it("lets a target run out: what runs ends, and nothing begins until it is reset", () => {
    const { admit, call, states } = open(["a/m"]);
    const running = admit("a/m") as Leave;
    const state = states.find("a/m");
    state?.drain();
    expect(admit("a/m", true)).toEqual({
      kind: "refusal",
      code: "no_healthy_target",
      reason: "an operator lets it run out, and no new attempt begins",
      retryAfterMs: undefined,
      ejected: false,
    });
    expect(state?.inFlight).toBe(1);
    running.settle({ error: undefined, ttftMs: 1, durationMs: 1, outputTokens: undefined });
    expect(state?.inFlight).toBe(0);
    state?.reset();
    call("a/m");
  });

  it("resets a breaker, and its failures are forgotten", () => {
    const { admit, call, states } = open(["a/m"]);
    for (let i = 0; i < 3; i += 1) call("a/m", "provider_error");
    expect(admit("a/m").kind).toBe("refusal");
    states.find("a/m")?.reset();
    for (let i = 0; i < 2; i += 1) call("a/m", "provider_error");
    expect(admit("a/m").kind).toBe("leave");
  });

  it("is told of each change, with its target", () => {
    const { call, states, pass } = open(["a/m", "b/m"]);
    const told: string[] = [];
    const end = states.onChange((name, { breaker, drained }) => {
      told.push(`${name} ${breaker.opening?.by ?? "closed"} ${drained}`);
    });
    for (let i = 0; i < 3; i += 1) call("b/m", "provider_error");
    states.find("a/m")?.drain();
    pass(600_000);
    call("b/m");
    end();
    states.find("a/m")?.reset();
    expect(told).toEqual(["b/m failures false", "a/m closed true", "b/m closed false"]);
  });
});

describe("what is known of targets", () => {
  it("outlives another configuration, whose settings count from then on", () => {
    const { call, states, admit } = open(["a/m", "b/m"]);
    call("a/m", "provider_error");
    const view = states.view("a/m");
    for (let i = 0; i < 3; i += 1) call("b/m", "provider_error");
    states.configure(settings(["a/m"], { failures: 2 }));
    expect(admit("b/m"), "also of one that is no longer named").toMatchObject({ kind: "refusal" });
    call("a/m", "provider_error");
    expect(admit("a/m").kind).toBe("refusal");
    expect(view.unavailable()).toBeDefined();
    expect(states.view("a/m")).toBe(view);
  });

  it("does not grow with the names that clients make up", () => {
    const { call, states } = open(["a/m"]);
    call("a/m", "provider_error");
    for (let i = 0; i < 10_000; i += 1) {
      states.view(`a/made-up-${i}`).unavailable();
      call(`a/made-up-${i}`, "invalid_request");
    }
    expect([...states.all()]).toHaveLength(1001);
    expect(states.view("a/m").counts()).toMatchObject({ failures: 1 });
    expect(states.find("a/made-up-0")).toBeUndefined();
    expect(states.find("a/made-up-9999")).toBeDefined();
  });

  it("is kept longest where attempts run, a breaker is open or an operator has spoken", () => {
    const { call, admit, states } = open([]);
    admit("a/runs");
    for (let i = 0; i < 3; i += 1) call("a/open", "provider_error");
    call("a/drained");
    states.find("a/drained")?.drain();
    for (let i = 0; i < 5000; i += 1) call(`a/made-up-${i}`);
    expect(["a/runs", "a/open", "a/drained"].filter((name) => states.find(name) !== undefined)).toHaveLength(3);
  });

  it("is read through the same view when it was forgotten and came again", () => {
    const { call, states }: { call: ReturnType<typeof caller>; states: TargetStates } = open([]);
    const view = states.view("a/x");
    expect(view.counts()).toEqual({ attempts: 0, failures: 0 });
    expect(view.latency()).toBeUndefined();
    call("a/x", "provider_error");
    expect(view.counts()).toMatchObject({ attempts: 1, failures: 1 });
    for (let i = 0; i < 2000; i += 1) call(`a/made-up-${i}`);
    expect(view.counts()).toEqual({ attempts: 0, failures: 0 });
    call("a/x");
    expect(view.counts()).toMatchObject({ attempts: 1, failures: 0 });
    expect(view.latency()).toBeDefined();
  });
});
