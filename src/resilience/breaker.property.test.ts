import fc from "fast-check";
import { expect, it } from "vitest";
import { Breaker, type BreakerSettings, type Permit } from "./breaker.js";

type Settled = "succeed" | "fail" | "cancel";
type Step =
  | { readonly do: "ask"; readonly panic: boolean }
  | { readonly do: Settled; readonly which: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "half_open" }
  | { readonly do: "trip" }
  | { readonly do: "close" };

const settled = fc.constantFrom<Settled>("succeed", "fail", "fail", "cancel");
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.boolean().map((panic): Step => ({ do: "ask", panic })) },
  { weight: 8, arbitrary: fc.tuple(settled, fc.nat()).map(([how, which]): Step => ({ do: how, which })) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 1500 }).map((ms): Step => ({ do: "pass", ms })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("half_open" as const, "trip" as const, "close" as const)
      .map((what): Step => ({ do: what })),
  },
);

const settings: fc.Arbitrary<BreakerSettings> = fc.record({
  failures: fc.integer({ min: 0, max: 4 }),
  openMs: fc.constantFrom(1000, 5000),
  windowMs: fc.constantFrom(1000, 3000),
  failurePercent: fc.constantFrom(0, 30, 100),
  minAttempts: fc.integer({ min: 1, max: 6 }),
  slowMs: fc.constantFrom(undefined, 50),
  slowPercent: fc.constantFrom(0, 40),
  permits: fc.integer({ min: 1, max: 3 }),
  ejectionMs: fc.constantFrom(300, 1000),
  panicPercent: fc.constant(50),
});

/** A permit that is out, with what the world was like when it was given. */
interface Out {
  readonly permit: Permit;
  readonly tries: boolean;
}

it("whatever comes in whatever order, its promises hold", () => {
  fc.assert(
    fc.property(settings, fc.array(steps, { maxLength: 120 }), (chosen, sequence) => {
      let now = 10_000;
      const breaker = new Breaker({ monotonic: () => now, wall: () => now }, chosen);
      let out: Out[] = [];
      let opening = breaker.opening;
      let openedAt = now;
      for (const step of sequence) {
        if (step.do === "pass") now += step.ms;
        else if (step.do === "half_open") breaker.halfOpen();
        else if (step.do === "trip") breaker.open("operator", true, 700, "by an operator");
        else if (step.do === "close") breaker.close();
        else if (step.do === "ask") {
          const refusal = breaker.refusal();
          const before = breaker.opening;
          const waits = before !== undefined && now < before.until;
          const asked = breaker.ask(step.panic);
          if (typeof asked === "number") {
            // Hard open lets nobody in; an ejection only in panic.
            expect(waits && (before.hard || !step.panic)).toBe(false);
            out.push({ permit: asked, tries: before !== undefined && refusal === undefined });
          } else {
            // Who is refused is told why, and when to come again; and what is told is what the view tells.
            expect(asked).toEqual(refusal);
            expect(asked.retryAfterMs).toBeGreaterThan(0);
            expect(asked.ejected).toBe(!before?.hard);
          }
        } else if (out.length > 0) {
          const [settled] = out.splice(step.which % out.length, 1) as [Out];
          if (step.do === "cancel") {
            const before = { ...breaker.counts, row: breaker.failuresInRow, opening: breaker.opening };
            breaker.uncounted(settled.permit);
            expect({ ...breaker.counts, row: breaker.failuresInRow, opening: breaker.opening }).toEqual(before);
          } else if (step.do === "succeed") breaker.succeeded(settled.permit, step.which % 100);
          else {
            const before = breaker.opening?.until;
            breaker.failed(settled.permit, "provider_error");
            // A later failure never brings the end of an opening nearer, but for failures in a row that make it a hard one.
            const after = breaker.opening;
            if (before !== undefined && now < before && chosen.openMs >= chosen.ejectionMs) {
              expect(after?.until).toBeGreaterThanOrEqual(before);
            }
          }
        }
        if (breaker.opening !== opening) {
          opening = breaker.opening;
          openedAt = now;
          // What closed it, or opened it anew, has nothing to do with those that tried it before.
          out = out.map(({ permit }) => ({ permit, tries: false }));
        }
        const { attempts, failures, slow } = breaker.counts;
        expect(failures + slow).toBeLessThanOrEqual(attempts);
        expect(Math.min(failures, slow)).toBeGreaterThanOrEqual(0);
        // Never more that try it at once than permitted, but one more for each time that is as long as an ejection.
        const trying = out.filter(({ tries }) => tries).length;
        expect(trying).toBeLessThanOrEqual(chosen.permits + Math.floor((now - openedAt) / chosen.ejectionMs));
      }
      // However it ended, it can be called again once time has passed, although nobody gave anything back.
      now += chosen.openMs + chosen.ejectionMs;
      expect(breaker.refusal()).toBeUndefined();
      const last = breaker.ask(false);
      expect(typeof last).toBe("number");
      if (breaker.opening !== undefined) {
        breaker.succeeded(last as Permit, 0);
        expect(breaker.opening).toBeUndefined();
      }
    }),
    { numRuns: 1500 },
  );
});

it("opens at exactly the failures in a row that are configured, whatever was before", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.boolean(), { maxLength: 60 }), (failures, answers) => {
      const breaker = new Breaker(
        { monotonic: () => 0, wall: () => 0 },
        {
          failures,
          openMs: 1000,
          windowMs: 1000,
          failurePercent: 0,
          minAttempts: 1,
          slowMs: undefined,
          slowPercent: 0,
          permits: 1,
          ejectionMs: 1000,
          panicPercent: 0,
        },
      );
      let row = 0;
      for (const answered of answers) {
        const permit = breaker.ask(false);
        if (row >= failures) {
          expect(typeof permit).toBe("object");
          return;
        }
        row = answered ? 0 : row + 1;
        if (answered) breaker.succeeded(permit as Permit, 1);
        else breaker.failed(permit as Permit, "provider_error");
        expect(breaker.failuresInRow).toBe(row);
      }
    }),
  );
});
