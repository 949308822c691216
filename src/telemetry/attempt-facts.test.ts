import { expect, it } from "vitest";
import { ErrorCode } from "../gen/parlance/v1/error_details_pb.js";
import { AttemptKind, AttemptSchema, create, Lane } from "../sdk/index.js";
import { attemptFacts } from "./attempt-facts.js";

it("tells an attempt in words and milliseconds", () => {
  const attempt = create(AttemptSchema, {
    target: "a/m",
    credential: "spare",
    kind: AttemptKind.ROTATION,
    lane: Lane.VERBATIM,
    status: 429,
    errorCode: ErrorCode.PROVIDER_RATE_LIMITED,
    errorMessage: "slow down",
    wait: { seconds: 1n, nanos: 250_000_000 },
    duration: { seconds: 0n, nanos: 12_340_000 },
    next: "another credential of the provider",
  });
  expect(attemptFacts(attempt)).toEqual({
    target: "a/m",
    kind: "rotation",
    credential: "spare",
    lane: "verbatim",
    status: 429,
    error: "provider_rate_limited",
    error_message: "slow down",
    wait_ms: 1250,
    ttft_ms: undefined,
    duration_ms: 12.3,
    next: "another credential of the provider",
  });
});

it("leaves out what is not known", () => {
  const facts = attemptFacts(create(AttemptSchema, { target: "a/m" }));
  expect(Object.entries(facts).filter(([, value]) => value !== undefined)).toEqual([["target", "a/m"]]);
});
