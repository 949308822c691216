import { describe, expect, it } from "vitest";
import type { CallScript, Fault } from "../../test/support/faulty-provider.js";
import { runWorld, type World, type WorldTarget } from "../../test/support/loop-world.js";
import { retryPolicy } from "../../test/support/retry-policy.js";
import { AttemptKind } from "../sdk/index.js";

const call = (fault: Fault): CallScript => ({ fault, pieces: 2, gapMs: 10 });
const GOOD: Fault = { kind: "answer" };
const refuse = (status: number, retryAfter?: string): Fault => ({ kind: "refuse", status, retryAfter });

/** A target of the provider at that place, of which each call goes as told, the last one for ever. */
const target = (provider: number, ...faults: Fault[]): WorldTarget => ({
  provider,
  scripts: faults.map(call),
  admissions: [{ allowed: true, waitMs: 0 }],
});
const closed = (provider: number): WorldTarget => ({
  ...target(provider, GOOD),
  admissions: [{ allowed: false, waitMs: 0 }],
});
const run = (given: Partial<World>) =>
  runWorld({
    providers: [
      { wire: true, credentials: 1 },
      { wire: true, credentials: 1 },
      { wire: true, credentials: 3 },
    ],
    plan: [],
    contextFallbacks: [],
    contentFallbacks: [],
    policy: retryPolicy(),
    stream: true,
    verbatim: true,
    leavesAfterMs: undefined,
    timeoutMs: undefined,
    readMs: [],
    random: 0.5,
    ...given,
  });
const told = ({ exchange }: Awaited<ReturnType<typeof run>>): string[] =>
  exchange.attempts.map(({ target: name, kind }) => `${name} ${AttemptKind[kind]}`);

describe("the walk of a plan", () => {
  it("asks the next target at once, and the last one again after a back-off", async () => {
    const world = await run({ plan: [target(0, refuse(500)), target(1, refuse(500), GOOD)] });
    expect(told(world)).toEqual(["p0/plan-0 FIRST", "p1/plan-1 FALLBACK", "p1/plan-1 RETRY"]);
    const [first, second, third] = world.exchange.attempts;
    expect(first?.next).toBe("next target after provider_error");
    expect(second?.next).toBe("again after provider_error, backing off 125ms");
    expect(third?.next).toBe("");
    expect([first?.wait, second?.wait]).toEqual([undefined, undefined]);
    expect(third?.wait?.nanos).toBe(125_000_000);
  });

  it("asks a target again where those that are left cannot be asked now", async () => {
    const world = await run({ plan: [target(2, refuse(401)), target(0, refuse(500), GOOD), target(2, GOOD)] });
    const rotated = ["p2/plan-0 FIRST", "p2/plan-0 ROTATION", "p2/plan-0 ROTATION"];
    expect(told(world)).toEqual([...rotated, "p0/plan-1 FALLBACK", "p0/plan-1 RETRY"]);
  });

  it("passes over a target that gives no leave, and tells so in the reason of the next and in the error", async () => {
    const world = await run({ plan: [closed(0), target(1, GOOD)] });
    expect(told(world)).toEqual(["p1/plan-1 FIRST"]);
    expect(world.exchange.attempts[0]?.reason).toBe("plan; passed over: p0/plan-0, as it is closed");
    const shut = await run({ plan: [closed(0), closed(1)] });
    expect(shut.exchange.attempts).toEqual([]);
    expect(shut.client.error?.code).toBe("no_healthy_target");
    expect(shut.client.error?.message).toContain("p1/plan-1: The target is not called: it is closed.");
    expect(shut.client.error?.facts.retryAfterMs).toBe(5000);
  });

  it("tells the least that any target asks to wait when none could answer", async () => {
    const { client } = await run({ plan: [target(0, refuse(503, "600")), target(1, refuse(429, "40"))] });
    expect(client.error?.code).toBe("no_healthy_target");
    expect(client.error?.facts.retryAfterMs).toBe(40_000);
    expect(client.error?.facts.attempts?.map(({ status }) => status)).toEqual([503, 429]);
  });

  it("tells a sole target's own error, not that of a plan, however often it was asked", async () => {
    const { client } = await run({ plan: [target(0, refuse(500))] });
    expect(client.error?.code).toBe("provider_error");
    expect(client.error?.message).toBe("No.");
    expect(client.error?.facts.attempts).toHaveLength(2);
  });
});

describe("the credentials of a provider", () => {
  it.each([401, 402, 403, 429])("take turns at once after %s, each once", async (status) => {
    const world = await run({ plan: [target(2, refuse(status), refuse(status), GOOD)] });
    expect(told(world)).toEqual(["p2/plan-0 FIRST", "p2/plan-0 ROTATION", "p2/plan-0 ROTATION"]);
    expect(world.exchange.attempts.map(({ credential }) => credential)).toEqual(["key-0", "key-1", "key-2"]);
    expect(world.client.ends).toEqual(["close"]);
  });

  it("stay after 5xx", async () => {
    const world = await run({ plan: [target(2, refuse(500), GOOD)], policy: retryPolicy({ backoffMs: 0 }) });
    expect(told(world)).toEqual(["p2/plan-0 FIRST", "p2/plan-0 RETRY"]);
  });

  it("that say nothing of their target leave its breaker alone while there are others", async () => {
    const several = await run({ plan: [target(2, refuse(401), GOOD)] });
    expect(several.leaves.map(({ outcome }) => outcome?.ofCredential)).toEqual([true, false]);
    const sole = await run({ plan: [target(0, refuse(401))] });
    expect(sole.leaves.map(({ outcome }) => outcome?.ofCredential)).toEqual([false]);
  });

  it("are waited for when all of them rest, where that is short enough", async () => {
    const limited = refuse(429, "2");
    const world = await run({ plan: [target(2, limited, limited, limited, GOOD)] });
    expect(told(world).at(-1)).toBe("p2/plan-0 RETRY");
    expect(Number(world.exchange.attempts[3]?.wait?.seconds)).toBe(2);
    const long = await run({ plan: [target(2, refuse(429, "3600"))] });
    expect(told(long)).toEqual(["p2/plan-0 FIRST", "p2/plan-0 ROTATION", "p2/plan-0 ROTATION"]);
    expect(long.client.error?.code).toBe("provider_rate_limited");
    expect(long.client.error?.facts.retryAfterMs).toBe(3_600_000);
  });
});

describe("fallbacks of their own", () => {
  const route = { contextFallbacks: [target(1, GOOD)], contentFallbacks: [target(2, GOOD)] };

  it.each([
    ["a conversation that is too long", { kind: "too_long" }, "p1/context-0"],
    ["content that is declined", { kind: "declined" }, "p2/content-0"],
    ["an empty answer that the filter ended", { kind: "filtered" }, "p2/content-0"],
  ] as const)("are asked for %s, in the place of the plan's further targets", async (_what, fault, name) => {
    for (const stream of [true, false]) {
      for (const verbatim of [true, false]) {
        const world = await run({ ...route, plan: [target(0, fault), target(1, GOOD)], stream, verbatim });
        expect(told(world)).toEqual(["p0/plan-0 FIRST", `${name} FALLBACK`]);
        expect(world.client.text).toContain(`${name}#0`);
      }
    }
  });

  it("are not what another failure leads to", async () => {
    const world = await run({ ...route, plan: [target(0, refuse(500)), target(1, GOOD)] });
    expect(told(world)).toEqual(["p0/plan-0 FIRST", "p1/plan-1 FALLBACK"]);
  });

  it("are missed where there are none: the caller is told, and an empty answer stays one", async () => {
    const long = await run({ plan: [target(0, { kind: "too_long" }), target(1, GOOD)] });
    expect(long.client.error?.code).toBe("context_length_exceeded");
    const filtered = await run({ plan: [target(0, { kind: "filtered" }), target(1, GOOD)] });
    expect([filtered.client.ends, filtered.client.text]).toEqual([["close"], ""]);
  });

  it("are asked each once, even where one leads to the other and back", async () => {
    const world = await run({
      plan: [target(0, { kind: "too_long" })],
      contextFallbacks: [target(0, { kind: "declined" }), target(1, { kind: "too_long" })],
      contentFallbacks: [target(0, { kind: "too_long" }), target(2, GOOD)],
    });
    expect(told(world).map((one) => one.split(" ")[0])).toEqual([
      "p0/plan-0",
      "p0/context-0",
      "p0/content-0",
      "p1/context-1",
    ]);
    expect(world.client.error?.code).toBe("context_length_exceeded");
  });
});

describe("a wait", () => {
  it("ends with a client that leaves", async () => {
    const world = await run({ plan: [target(0, refuse(429, "20"))], leavesAfterMs: 3000 });
    expect(world.client.error?.code).toBe("cancelled");
    expect(world.tookMs).toBe(3000);
  });

  it("is not begun where the deadline comes before its end", async () => {
    const world = await run({ plan: [target(0, refuse(429, "20"))], timeoutMs: 15_000 });
    expect(world.client.error?.code).toBe("provider_rate_limited");
    expect(world.tookMs).toBeLessThan(1000);
  });
});
