import { beforeEach, describe, expect, it } from "vitest";
import { createFakeTime, type FakeTime } from "../../test/support/fake-time.js";
import type { Target } from "../core/target.js";
import { type ErrorFacts, ParlanceError } from "../sdk/index.js";
import { CredentialRests } from "./credential-rests.js";

const LONGEST = 600_000;

function target(name: string, credentials: readonly (string | undefined)[]): Target {
  return { name, provider: { name: name.split("/")[0], credentials } } as unknown as Target;
}

const one = target("a/m", ["first", "second"]);
const other = target("a/n", ["first", "second"]);
const sole = target("b/m", [undefined]);
const limited = (retryAfterMs?: number): ParlanceError =>
  new ParlanceError("provider_rate_limited", "Too many.", { providerStatus: 429, retryAfterMs });
const refused = (status: number, facts: ErrorFacts = {}): ParlanceError =>
  new ParlanceError("provider_unauthenticated", "No.", { providerStatus: status, ...facts });

let time: FakeTime;
let rests: CredentialRests;
beforeEach(() => {
  time = createFakeTime();
  rests = new CredentialRests(time.clock);
});

const fail = (of: Target, place: number, error: ParlanceError, longest = LONGEST): void =>
  rests.failed(of, place, error, longest, false);
const places = (of: Target): number[] => [...(rests.resting(of) ?? [])];

describe("a credential that met a rate limit", () => {
  it("rests for as long as the provider says, for the one model, and is in turn again after it", async () => {
    fail(one, 0, limited(20_000));
    expect(places(one)).toEqual([0]);
    expect(places(other)).toEqual([]);
    await time.pass(19_999);
    expect(places(one)).toEqual([0]);
    await time.pass(1);
    expect(places(one)).toEqual([]);
  });

  it("rests for a second where nothing is said, and twice as long each time in a row", async () => {
    const rested: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      fail(sole, 0, limited());
      const { retryAfterMs = 0 } = rests.unavailable(sole) ?? {};
      rested.push(retryAfterMs);
      await time.pass(retryAfterMs);
      expect(rests.unavailable(sole)).toBeUndefined();
    }
    expect(rested.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(rested.at(-1)).toBe(LONGEST);
    rests.answered(sole, 0);
    fail(sole, 0, limited());
    expect(rests.unavailable(sole)?.retryAfterMs).toBe(1000);
  });

  it("rests no longer for calls that failed together, and never shorter than one of them was told (LL#40130)", async () => {
    fail(sole, 0, limited());
    fail(sole, 0, limited());
    fail(sole, 0, limited(9000));
    fail(sole, 0, limited(3000));
    expect(rests.unavailable(sole)?.retryAfterMs).toBe(9000);
  });

  it("rests on though a call answers that began before", async () => {
    fail(sole, 0, limited(5000));
    rests.answered(sole, 0);
    expect(rests.unavailable(sole)?.retryAfterMs).toBe(5000);
  });

  it("does not rest for a request that is by itself more than the limit allows", () => {
    fail(sole, 0, new ParlanceError("provider_rate_limited", "Request too large for m.", { providerStatus: 429 }));
    expect(rests.unavailable(sole)).toBeUndefined();
  });

  it("never rests longer than the configuration allows, whatever a provider says", () => {
    fail(sole, 0, limited(99_999_999));
    expect(rests.unavailable(sole)?.retryAfterMs).toBe(LONGEST);
    fail(one, 0, limited(5000), 0);
    expect(places(one)).toEqual([]);
  });
});

describe("a credential that was refused", () => {
  it("is out for every model of its provider after 401 and 402, and for the one model after 403", () => {
    fail(one, 0, refused(401));
    fail(one, 1, refused(403));
    expect(new Set(places(one))).toEqual(new Set([0, 1]));
    expect(places(other)).toEqual([0]);
    expect(rests.unavailable(other)).toBeUndefined();
    expect(rests.unavailable(one)?.reason).toBe(
      "all its credentials rest for another 1m (provider_unauthenticated, 401)",
    );
  });

  it("is tried once when its time is over, and is back for all once that has answered", async () => {
    fail(one, 0, refused(401));
    await time.pass(60_000);
    expect(places(one)).toEqual([]);
    rests.began(one, 0);
    expect(places(one)).toEqual([0]);
    rests.answered(one, 0);
    expect(places(one)).toEqual([]);
  });

  it("is out for twice as long when it is refused again", async () => {
    fail(one, 0, refused(401));
    await time.pass(60_000);
    rests.began(one, 0);
    fail(one, 0, refused(401));
    await time.pass(119_999);
    expect(places(one)).toEqual([0]);
    await time.pass(1);
    expect(places(one)).toEqual([]);
  });

  it("is tried by the next when the first try told nothing of it", async () => {
    fail(one, 0, refused(401));
    await time.pass(60_000);
    rests.began(one, 0);
    fail(one, 0, new ParlanceError("provider_unavailable", "Lost."));
    expect(places(one)).toEqual([]);
  });

  it("is not left alone where it is the only one, or where its provider's code makes another", () => {
    fail(sole, 0, refused(401));
    rests.failed(one, 0, refused(401), LONGEST, true);
    expect([places(sole), places(one)]).toEqual([[], []]);
  });
});

it("who asks is told in words which credentials rest, and when none is left", () => {
  expect(rests.words(one)).toEqual({ unavailable: undefined, resting: [] });
  fail(one, 1, limited(20_000));
  expect(rests.words(one)).toEqual({
    unavailable: undefined,
    resting: ["its credential second rests for another 20s (provider_rate_limited, 429)"],
  });
  fail(sole, 0, limited(20_000));
  expect(rests.words(sole).unavailable).toBe("its credential rests for another 20s (provider_rate_limited, 429)");
});

describe("all credentials at once", () => {
  it("rest until the first of them is back, which is told", () => {
    fail(one, 0, limited(9000));
    expect(rests.unavailable(one)).toBeUndefined();
    fail(one, 1, limited(4000));
    expect(rests.unavailable(one)).toMatchObject({ retryAfterMs: 4000, ejected: false, passes: true });
  });

  it("rest with a target that asks to be left alone without having met a limit", async () => {
    fail(one, 0, new ParlanceError("provider_overloaded", "Busy.", { providerStatus: 503, retryAfterMs: 7000 }));
    expect(rests.unavailable(one)?.reason).toBe("it asked not to be called for another 7s (provider_overloaded, 503)");
    expect(places(one)).toEqual([]);
    await time.pass(7000);
    expect(rests.unavailable(one)).toBeUndefined();
  });

  it("are told with what they rest for, and let in again, by provider", async () => {
    fail(one, 0, refused(401));
    fail(one, 1, limited(4000));
    fail(sole, 0, limited(4000));
    await time.pass(1000);
    expect(rests.list("a")).toEqual([
      { place: 0, target: undefined, leftMs: 59_000, code: "provider_unauthenticated", status: 401 },
      { place: 1, target: "a/m", leftMs: 3000, code: "provider_rate_limited", status: 429 },
    ]);
    rests.reset("a");
    expect(rests.list("a")).toEqual([]);
    expect(rests.unavailable(sole)?.retryAfterMs).toBe(3000);
  });
});

describe("targets that callers make up", () => {
  it("are forgotten, those that are known for longest first, and a provider's own rests are not", () => {
    fail(one, 0, refused(401));
    for (let i = 0; i < 5000; i += 1) fail(target(`b/${i}`, [undefined]), 0, limited(60_000));
    expect(rests.list("a")).toHaveLength(1);
    expect(rests.list("b")).toHaveLength(999);
    expect(rests.unavailable(target("b/0", [undefined]))).toBeUndefined();
    expect(rests.unavailable(target("b/4999", [undefined]))).toBeDefined();
  });
});
