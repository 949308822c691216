import { describe, expect, it } from "vitest";
import { ErrorCode as ProtoErrorCode } from "../gen/parlance/v1/error_details_pb.js";
import { ERRORS, type ErrorRule, invalid, ParlanceError } from "./errors.js";

const rules = Object.entries<ErrorRule>(ERRORS);
/** gRPC's numbers of the codes that the table may use (https://grpc.io/docs/guides/status-codes/). */
const GRPC = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  INTERNAL: 13,
  UNAVAILABLE: 14,
};

describe("the table of errors", () => {
  it("has every code of the contract exactly once, under the same name", () => {
    const contract = Object.values(ProtoErrorCode).filter((value) => typeof value === "number");
    const told = contract.filter((code) => code !== ProtoErrorCode.UNSPECIFIED).sort((a, b) => a - b);
    expect(rules.map(([, rule]) => rule.proto).sort((a, b) => a - b)).toEqual(told);
    for (const [name, rule] of rules) expect(ProtoErrorCode[rule.proto]).toBe(name.toUpperCase());
  });

  it("gives every error a status of HTTP and of gRPC that tells of an error", () => {
    for (const [name, rule] of rules) {
      expect([name, rule.http >= 400 && rule.http < 600]).toEqual([name, true]);
      expect([name, rule.grpc > 0 && rule.grpc <= 16]).toEqual([name, true]);
    }
  });

  it("never tries again, elsewhere or against the breaker, for what the caller did", () => {
    for (const [name, rule] of rules.filter(([, { fault }]) => fault === "caller")) {
      expect([name, rule.retry, rule.next, rule.breaker]).toEqual([name, false, false, false]);
    }
  });

  it("asks the same target again only where the next one would be asked too", () => {
    for (const [name, rule] of rules.filter(([, { retry }]) => retry)) expect([name, rule.next]).toEqual([name, true]);
  });

  it("has one meaning on both kinds of wire", () => {
    const grpcOf = new Map([
      [400, [GRPC.INVALID_ARGUMENT, 9]],
      [401, [16]],
      [403, [7]],
      [404, [5]],
      [413, [GRPC.RESOURCE_EXHAUSTED]],
      [429, [GRPC.RESOURCE_EXHAUSTED]],
      [499, [GRPC.CANCELLED]],
      [500, [GRPC.INTERNAL]],
      [502, [GRPC.UNAVAILABLE]],
      [503, [GRPC.UNAVAILABLE]],
      [504, [GRPC.DEADLINE_EXCEEDED]],
    ]);
    for (const [name, rule] of rules) expect([name, grpcOf.get(rule.http)?.includes(rule.grpc)]).toEqual([name, true]);
  });
});

describe("an error of the house", () => {
  it("carries its rule, its facts and its cause", () => {
    const cause = new Error("ECONNREFUSED");
    const error = new ParlanceError("provider_unavailable", "The provider cannot be reached.", {
      provider: "p",
      cause,
    });
    expect(error.rule).toBe(ERRORS.provider_unavailable);
    expect(error.facts.provider).toBe("p");
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });

  it("is the same error with further facts: code, message and stack stay", () => {
    const error = invalid("messages[0].role", "role must be one of user, assistant.");
    const further = error.with({ provider: "p" });
    expect(further).toMatchObject({ code: "invalid_request", message: error.message, stack: error.stack });
    expect(further.facts).toEqual({ field: "messages[0].role", provider: "p" });
    expect(error.facts).toEqual({ field: "messages[0].role" });
  });

  it("is known by its mark, so that another copy of the SDK makes the same errors", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("parlance.error")]: true, code: "rate_limited" });
    expect(ParlanceError.is(foreign)).toBe(true);
    expect(ParlanceError.from(foreign)).toBe(foreign);
  });

  it("does not take strangers for its own", () => {
    for (const value of [undefined, null, "x", 1, {}, new Error("x")]) expect(ParlanceError.is(value)).toBe(false);
  });

  it("is made of whatever was thrown, without showing its text", () => {
    const thrown = new Error("the key sk-secret is wrong");
    const error = ParlanceError.from(thrown);
    expect(error.code).toBe("internal");
    expect(error.message).not.toContain("sk-secret");
    expect(error.cause).toBe(thrown);
    expect(ParlanceError.from(undefined).code).toBe("internal");
  });
});
