import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallScript, Fault } from "../../test/support/faulty-provider.js";
import { pieceOf } from "../../test/support/faulty-provider.js";
import { runWorld, type World, type WorldEnd, type WorldTarget } from "../../test/support/loop-world.js";
import { ErrorCode as ProtoErrorCode } from "../gen/parlance/v1/error_details_pb.js";
import { AttemptKind, type ErrorCode, ERRORS } from "../sdk/index.js";

const after = fc.nat({ max: 4 });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fault>({ kind: "answer" }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("refuse" as const),
      status: fc.constantFrom(400, 401, 402, 403, 404, 408, 429, 429, 500, 503, 529),
      retryAfter: fc.constantFrom(undefined, undefined, "0", "1", "3", "25", "4000"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom("cut", "stall", "malformed", "unfinished", "error"), after }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("too_long", "declined", "filtered", "lost", "silent") }),
  },
);
const script: fc.Arbitrary<CallScript> = fc.record({
  fault,
  pieces: fc.integer({ min: 1, max: 5 }),
  gapMs: fc.constantFrom(0, 1, 40, 900),
});
const admission = fc.record({
  allowed: fc.constantFrom(true, true, true, false),
  waitMs: fc.constantFrom(0, 0, 0, 700),
});
const target = (providers: number): fc.Arbitrary<WorldTarget> =>
  fc.record({
    provider: fc.nat({ max: providers - 1 }),
    scripts: fc.array(script, { minLength: 1, maxLength: 4 }),
    admissions: fc.array(admission, { minLength: 1, maxLength: 3 }),
  });
const milliseconds = (...choices: number[]): fc.Arbitrary<number> => fc.constantFrom(...choices);
const policy: fc.Arbitrary<World["policy"]> = fc.record({
  retries: fc.nat({ max: 3 }),
  at: fc.constantFrom("last", "each"),
  backoffMs: milliseconds(0, 250, 5000),
  maxBackoffMs: milliseconds(0, 8000),
  maxWaitMs: milliseconds(0, 2000, 30_000),
  maxWaitBeforeNextMs: milliseconds(0, 1000, 5000),
  maxAttempts: fc.integer({ min: 1, max: 12 }),
  budgetPercent: milliseconds(0, 20),
  minRetries: milliseconds(0, 1, 10),
  on: fc
    .array(
      fc.tuple(
        fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[])),
        fc.constantFrom("retry" as const, "next" as const, "stop" as const),
      ),
      { maxLength: 3 },
    )
    .map((entries) => new Map(entries)),
});
const world: fc.Arbitrary<World> = fc
  .array(fc.record({ wire: fc.boolean(), credentials: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 3 })
  .chain((providers) =>
    fc.record({
      providers: fc.constant(providers),
      plan: fc.array(target(providers.length), { minLength: 1, maxLength: 4 }),
      contextFallbacks: fc.array(target(providers.length), { maxLength: 2 }),
      contentFallbacks: fc.array(target(providers.length), { maxLength: 2 }),
      policy,
      stream: fc.boolean(),
      verbatim: fc.boolean(),
      leavesAfterMs: fc.option(fc.nat({ max: 40_000 }), { nil: undefined, freq: 3 }),
      timeoutMs: fc.option(fc.integer({ min: 1, max: 90_000 }), { nil: undefined, freq: 3 }),
      readMs: fc.array(fc.constantFrom(0, 0, 30, 20_000), { maxLength: 4 }),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  );

/** Runs what must hold over thousands of worlds. */
function holds(check: (end: WorldEnd, given: World) => void): Promise<void> {
  return fc.assert(
    fc.asyncProperty(world, async (given) => check(await runWorld(given), given)),
    { numRuns: 400 },
  );
}

/** The pieces that the client was given, each with the call that it is of. */
function piecesOf(text: string): { call: string; piece: number }[] {
  return [...text.matchAll(/(\S+#\d+)\.(\d+) /g)].map(([, call = "", piece]) => ({ call, piece: Number(piece) }));
}

/** Most attempts of a world's exchange, as docs/resilience.md has it. */
function bound({
  plan,
  contextFallbacks,
  contentFallbacks,
  providers,
  policy: { retries, at, maxAttempts },
}: World): number {
  const targets = plan.length + contextFallbacks.length + contentFallbacks.length;
  const rotations = providers.reduce((sum, { credentials }) => sum + credentials - 1, 0);
  return Math.min(maxAttempts, targets + retries * (at === "each" ? targets : 1) + rotations);
}

describe("under any schedule of faults, with any policy, and whenever the client leaves", () => {
  it(
    "law 4: the client is given content of one attempt at most, from its beginning and without a gap",
    () =>
      holds(({ client, exchange }) => {
        const pieces = piecesOf(client.text);
        expect(pieces.map(({ call, piece }) => pieceOf(...parts(call), piece)).join("")).toBe(client.text);
        expect(new Set(pieces.map(({ call }) => call)).size).toBeLessThanOrEqual(1);
        expect(pieces.map(({ piece }) => piece)).toEqual([...pieces.keys()]);
        // It is of the last attempt: nothing is tried once the client has some of an answer.
        if (pieces.length > 0) expect(pieces[0]?.call.split("#")[0]).toBe(exchange.attempts.at(-1)?.target);
      }),
    60_000,
  );

  it(
    "law 6: an answer ends once, whole with its finish or with an error, and what is whole is all of it",
    () =>
      holds(({ client, exchange, providers }, { stream, plan, contextFallbacks, contentFallbacks }) => {
        expect(client.ends).toHaveLength(1);
        const [end] = client.ends;
        expect(end === "fail").toBe(exchange.error !== undefined);
        if (end === "fail") {
          expect(client.error).toBeDefined();
          if (!stream) expect(client.text).toBe("");
          return;
        }
        expect(end).toBe(stream ? "close" : "whole");
        expect(client.finished).toBe(true);
        const { target: name = "" } = exchange.attempts.at(-1) ?? {};
        const [provider = "", model = ""] = name.split("/");
        const [route = "", place] = model.split("-");
        const list = { plan, context: contextFallbacks, content: contentFallbacks }[route] ?? [];
        const calls = providers[Number(provider.slice(1))]?.calls.filter((call) => call.model === model).length ?? 0;
        const { scripts = [] } = list[Number(place)] ?? {};
        const answered = scripts[Math.min(calls, scripts.length) - 1];
        expect(["answer", "filtered"]).toContain(answered?.fault.kind);
        const whole = Array.from({ length: answered?.pieces ?? 0 }, (_, piece) => pieceOf(name, calls - 1, piece));
        expect(client.text).toBe(answered?.fault.kind === "filtered" ? "" : whole.join(""));
      }),
    60_000,
  );

  it(
    "law 5: every leave is settled once, and no call, no tenure and no deadline is left behind",
    () =>
      holds(({ leaves, providers, time, exchange }) => {
        expect(leaves.map(({ settled }) => settled)).toEqual(leaves.map(() => 1));
        expect(leaves.length).toBe(exchange.attempts.length);
        expect(providers.map((provider) => provider.running())).toEqual(providers.map(() => 0));
        expect(time.waiting).toBe(0);
      }),
    60_000,
  );

  it(
    "makes no more attempts than the bound that is written down, and calls nobody beside them",
    () =>
      holds(({ exchange, providers }, given) => {
        expect(exchange.attempts.length).toBeLessThanOrEqual(bound(given));
        const calls = providers.reduce((sum, provider) => sum + provider.calls.length, 0);
        expect(calls).toBeLessThanOrEqual(exchange.attempts.length);
      }),
    60_000,
  );

  it(
    "ends with its client and with its deadline, whatever it waits for",
    () =>
      holds(({ tookMs, client }, { leavesAfterMs, timeoutMs = 600_000 }) => {
        // Of a queue it is not the loop's affair to leave it.
        const last = Math.min(leavesAfterMs ?? Number.POSITIVE_INFINITY, timeoutMs) + 700;
        expect(tookMs).toBeLessThanOrEqual(last);
        if (client.error?.code === "cancelled") expect(leavesAfterMs).toBeLessThanOrEqual(tookMs);
        if (client.error?.code === "deadline_exceeded") expect(timeoutMs).toBeLessThanOrEqual(tookMs);
      }),
    60_000,
  );

  it(
    "tells of each attempt what it was for, how it failed and what followed",
    () =>
      holds(({ exchange, client }) => {
        exchange.attempts.forEach((attempt, index) => {
          const last = index === exchange.attempts.length - 1;
          const answered = last && client.ends[0] !== "fail";
          expect(attempt.duration).toBeDefined();
          expect(attempt.kind === AttemptKind.FIRST).toBe(index === 0);
          expect(attempt.errorCode === ProtoErrorCode.UNSPECIFIED).toBe(answered);
          if (answered) expect(attempt.next).toBe("");
          else if (client.error?.code !== "cancelled" && client.error?.code !== "deadline_exceeded") {
            expect(attempt.next.startsWith("none: ")).toBe(last);
            expect(attempt.next).not.toBe("");
          }
          const earlier = exchange.attempts[index - 1];
          if (attempt.kind === AttemptKind.RETRY || attempt.kind === AttemptKind.ROTATION) {
            expect(attempt.target).toBe(earlier?.target);
          }
        });
      }),
    60_000,
  );
});

function parts(call: string): [target: string, call: number] {
  const [name = "", number] = call.split("#");
  return [name, Number(number)];
}
