import { describe, expect, it } from "vitest";
import { createTargetObservation } from "./observe-target.js";

interface Facts {
  drained: boolean;
  breaker: { opening: { until: number; why: string } | undefined };
}

describe("the log of a target", () => {
  it("has a line when its breaker opens and when it closes, and none in between", () => {
    const lines: unknown[] = [];
    const told = createTargetObservation(
      (level, record) => lines.push([level, record]),
      () => 1_000,
    );
    const facts: Facts = { drained: false, breaker: { opening: undefined } };
    told("a/big", facts);
    facts.breaker.opening = { until: 11_000, why: "after 3 failures in a row" };
    told("a/big", facts);
    facts.breaker.opening = { until: 12_000, why: "after 4 failures in a row" };
    told("a/big", facts);
    facts.breaker.opening = undefined;
    told("a/big", facts);
    told("a/big", facts);
    expect(lines).toEqual([
      ["warn", { msg: "target", target: "a/big", state: "open", reason: "after 3 failures in a row", open_ms: 10_000 }],
      ["info", { msg: "target", target: "a/big", state: "closed" }],
    ]);
  });

  it("has a line when an operator drains it, and when it is called again", () => {
    const lines: unknown[] = [];
    const told = createTargetObservation(
      (_, { state }) => lines.push(state),
      () => 0,
    );
    const facts: Facts = { drained: true, breaker: { opening: undefined } };
    told("a/big", facts);
    facts.drained = false;
    told("a/big", facts);
    expect(lines).toEqual(["drained", "closed"]);
  });
});
