import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../core/route-policy.js";
import { retryPolicy } from "../../test/support/retry-policy.js";
import { ERRORS, type ErrorCode, type ErrorFacts, ParlanceError } from "../sdk/index.js";
import { decide, type Situation, type Step } from "./decide.js";

interface Given extends Partial<Omit<Situation, "policy">> {
  readonly policy?: Partial<RetryPolicy>;
  readonly facts?: ErrorFacts;
}

function after(code: ErrorCode, { policy, facts, ...given }: Given = {}): Step {
  return decide(new ParlanceError(code, "It failed.", facts), {
    policy: retryPolicy(policy),
    attempts: 1,
    retriesHere: 0,
    retries: 0,
    another: false,
    otherCredential: false,
    leftMs: 60_000,
    random: () => 0.5,
    spend: () => true,
    ...given,
  });
}

const kinds = (codes: readonly ErrorCode[], given?: Given): Record<string, string> =>
  Object.fromEntries(codes.map((code) => [code, after(code, given).kind]));

const CODES = Object.keys(ERRORS) as ErrorCode[];
const PASSING: readonly ErrorCode[] = [
  "provider_unavailable",
  "provider_rate_limited",
  "provider_overloaded",
  "provider_error",
];
const SLOW_OR_WRONG: readonly ErrorCode[] = [
  "provider_timeout",
  "stream_truncated",
  "stream_unfinished",
  "stream_stalled",
  "malformed_answer",
  "wrong_content_type",
];
const ELSEWHERE: readonly ErrorCode[] = ["unsupported", "model_not_found", "not_found", "provider_unauthenticated"];
const all = (codes: readonly ErrorCode[], kind: string) => Object.fromEntries(codes.map((code) => [code, kind]));

describe("a failure", () => {
  it("is followed by the next target while there is one, but for what is the caller's fault or the gateway's", () => {
    const next = [...PASSING, ...SLOW_OR_WRONG, ...ELSEWHERE];
    expect(kinds(CODES, { another: true })).toEqual({ ...all(CODES, "stop"), ...all(next, "next") });
  });

  it("is followed by the same target again where there is no other, but for what asking again cannot change", () => {
    expect(kinds(CODES)).toEqual({
      ...all(CODES, "stop"),
      ...all([...PASSING, ...SLOW_OR_WRONG], "again"),
      ...all(ELSEWHERE, "end"),
    });
  });

  it("is followed by each target again before the next with `at: each`, where it may pass within moments", () => {
    const policy = { at: "each" } as const;
    expect(kinds(PASSING, { another: true, policy })).toEqual(all(PASSING, "again"));
    expect(kinds(SLOW_OR_WRONG, { another: true, policy })).toEqual(all(SLOW_OR_WRONG, "next"));
    expect(after("provider_timeout", { another: true, policy, facts: { providerStatus: 408 } }).kind).toBe("again");
  });

  it("is followed by another credential at once where it is of this one, and by nothing of the kind where it is not", () => {
    const given = { another: true, otherCredential: true };
    const rotate = ["provider_unauthenticated", "provider_rate_limited"] as const;
    expect(kinds([...rotate, "provider_error", "provider_overloaded"], given)).toEqual({
      ...all(rotate, "rotate"),
      provider_error: "next",
      provider_overloaded: "next",
    });
  });

  it("is followed by what retry.on says of its code", () => {
    const on = new Map([
      ["provider_error", "stop"],
      ["provider_timeout", "retry"],
      ["provider_overloaded", "next"],
      ["invalid_request", "next"],
    ] as const);
    const codes = [...on.keys()];
    expect(kinds(codes, { policy: { on }, another: true })).toEqual({
      provider_error: "stop",
      provider_timeout: "again",
      provider_overloaded: "next",
      invalid_request: "next",
    });
    expect(kinds(codes, { policy: { on } })).toEqual({
      provider_error: "stop",
      provider_timeout: "again",
      provider_overloaded: "end",
      invalid_request: "end",
    });
  });
});

describe("a retry", () => {
  it("backs off by a random part of a time that doubles up to a limit", () => {
    const wait = (retriesHere: number, random: number): number => {
      const policy = { retries: 99, at: "each", backoffMs: 100, maxBackoffMs: 1000 } as const;
      const step = after("provider_error", { policy, retriesHere, random: () => random });
      return step.kind === "again" ? step.waitMs : Number.NaN;
    };
    expect([0, 1, 2, 3, 4, 50].map((retry) => wait(retry, 1))).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect([0, 0.25, 0.5].map((random) => wait(1, random))).toEqual([0, 50, 100]);
  });

  it("waits as long as the provider asks, where that is not too long for the route or for the exchange", () => {
    const asks = (retryAfterMs: number, given: Given = {}) =>
      after("provider_rate_limited", { ...given, facts: { retryAfterMs } });
    expect(asks(5000)).toMatchObject({ kind: "again", waitMs: 5000 });
    expect(asks(30_000)).toMatchObject({ kind: "again", waitMs: 30_000 });
    expect(asks(30_001)).toMatchObject({
      kind: "end",
      why: "no other target is left, and the provider asks to wait 31s, longer than max_wait",
    });
    expect(asks(5000, { leftMs: 5000 }).kind).toBe("end");
    expect(asks(5000, { leftMs: 5001 }).kind).toBe("again");
  });

  it("waits for a short while as the provider asks even where there is another target", () => {
    const asks = (retryAfterMs: number) =>
      after("provider_overloaded", { another: true, facts: { retryAfterMs } }).kind;
    expect([asks(0), asks(1), asks(1000), asks(1001)]).toEqual(["next", "again", "again", "next"]);
  });

  it("is never earlier than its back-off, though the provider asks for nothing: trap 152's hot loop", () => {
    expect(after("provider_rate_limited", { facts: { retryAfterMs: 0 } })).toMatchObject({
      kind: "again",
      waitMs: 125,
    });
  });

  it("is not made once `retries` are: over the exchange, or at this target with `at: each`", () => {
    expect(after("provider_error", { retries: 1, retriesHere: 0 }).kind).toBe("end");
    const each = { at: "each" } as const;
    expect(after("provider_error", { policy: each, retries: 1, retriesHere: 0 }).kind).toBe("again");
    expect(after("provider_error", { policy: each, retries: 1, retriesHere: 1 }).kind).toBe("end");
  });

  it("is not made without a budget, and asks for none where it is not made anyway", () => {
    expect(after("provider_error", { spend: () => false })).toEqual({
      kind: "end",
      why: "no other target is left, and its retry budget is spent",
    });
    const spend = (): boolean => expect.fail("it was spent");
    expect(after("provider_error", { another: true, spend }).kind).toBe("next");
    expect(after("provider_error", { policy: { retries: 0 }, spend }).kind).toBe("end");
  });

  it("of an empty account is none, whatever status it was told with", () => {
    const facts = { providerStatus: 429, providerCode: "insufficient_quota" };
    expect(after("provider_rate_limited", { facts }).kind).toBe("end");
    expect(after("provider_rate_limited", { facts, otherCredential: true }).kind).toBe("rotate");
  });
});

it("a request that is by itself more than a limit allows goes to another target, not to another credential: trap 152", () => {
  const error = new ParlanceError(
    "provider_rate_limited",
    "Request too large for m on tokens per min: Limit 10, Requested 20.",
  );
  const given = {
    policy: retryPolicy(),
    attempts: 1,
    retriesHere: 0,
    retries: 0,
    otherCredential: true,
    leftMs: 60_000,
    random: () => 0,
    spend: () => true,
  };
  expect(decide(error, { ...given, another: true }).kind).toBe("next");
  expect(decide(error, { ...given, another: false }).kind).toBe("end");
});

it("nothing follows the last attempt that max_attempts allows, not even another credential", () => {
  const given = { attempts: 3, policy: { maxAttempts: 3 }, another: true, otherCredential: true };
  expect(kinds([...PASSING, ...SLOW_OR_WRONG, ...ELSEWHERE], given)).toEqual(
    all([...PASSING, ...SLOW_OR_WRONG, ...ELSEWHERE], "end"),
  );
  expect(after("invalid_request", given).kind).toBe("stop");
});
