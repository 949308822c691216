import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterMs } from "./retry-after.js";

const NOW = "Sat, 21 Nov 2026 14:00:00 GMT";
const EPOCH = Date.parse(NOW) / 1000;
const DAY = 24 * 60 * 60_000;

type Row = readonly [headers: Record<string, string>, wait: number | undefined];

describe("the wait that an answer asks for", () => {
  it.each<Row>([
    [{}, undefined],
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "Sat, 21 Nov 2026 14:00:09 GMT", date: NOW }, 9000],
    [{ "retry-after": "Sat, 21 Nov 2026 13:59:00 GMT", date: NOW }, 0],
    [{ "retry-after": "Sat, 21 Nov 2026 14:00:09 GMT" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after-ms": "1500" }, 1500],
    [{ "retry-after-ms": "0", "retry-after": "1" }, 1000],
    [{ "retry-after-ms": "2500", "retry-after": "2" }, 2500],
  ])("is, of %j, %s ms", (headers, wait) => {
    expect(retryAfterMs(headers, 429)).toBe(wait);
    expect(retryAfterMs(headers, 503)).toBe(wait);
  });

  it("is never longer than a day, whatever is said", () => {
    expect(retryAfterMs({ "retry-after": "1900000000" }, 503)).toBe(DAY);
    expect(retryAfterMs({ "retry-after": "1e300" }, 503)).toBe(DAY);
    expect(retryAfterMs({ "ratelimit-reset": "999999999" }, 429)).toBe(DAY);
  });
});

describe("the reset of a limit that was met", () => {
  it.each<Row>([
    // OpenAI and Groq: durations.
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s" }, 1000],
    [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" }, 360_000],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms" }, 20],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2m59.56s" }, 179_560],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h2m3s" }, 3_723_000],
    [{ "x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "1s" }, undefined],
    [{ "x-ratelimit-reset-requests": "1s" }, undefined],
    [
      {
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "1h",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "7.66s",
      },
      7660,
    ],
    // Azure and Cerebras: seconds.
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "10" }, 10_000],
    [{ "x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "330.5" }, 330_500],
    // Anthropic: dates.
    [
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-21T14:00:30Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-21T14:01:00Z",
        "anthropic-ratelimit-output-tokens-remaining": "800",
        "anthropic-ratelimit-output-tokens-reset": "2026-11-21T14:09:00Z",
        date: NOW,
      },
      60_000,
    ],
    [
      { "anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-11-21T14:00:30Z" },
      undefined,
    ],
    [
      {
        "x-ratelimit-remaining-tokens-per-day": "0",
        "x-ratelimit-reset-tokens-per-day": String(EPOCH + 60),
        date: NOW,
      },
      60_000,
    ],
    // Mistral.
    [{ "ratelimitbysize-remaining": "0", "ratelimitbysize-reset": "24" }, 24_000],
    // The drafts of the IETF, from the latest to the first.
    [{ ratelimit: '"burst";r=0;t=30' }, 30_000],
    [{ ratelimit: '"burst";r=0;t=30, "daily";r=5;t=3600' }, 30_000],
    [{ ratelimit: '"burst";r=10;t=30' }, undefined],
    [{ ratelimit: "limit=10, remaining=0, reset=30" }, 30_000],
    [{ ratelimit: "limit=10, remaining=05, reset=30" }, undefined],
    [{ "ratelimit-remaining": "0", "ratelimit-reset": "12" }, 12_000],
    [{ "ratelimit-reset": "12" }, 12_000],
    [{ "ratelimit-remaining": "3", "ratelimit-reset": "12" }, undefined],
    // What came before them: seconds, or a date in seconds or milliseconds.
    [{ "x-ratelimit-reset": "12" }, 12_000],
    [{ "x-ratelimit-reset": String(EPOCH + 15), date: NOW }, 15_000],
    [{ "x-ratelimit-reset": String((EPOCH + 15) * 1000), date: NOW }, 15_000],
    [{ "x-ratelimit-reset": String(EPOCH + 15) }, undefined],
    [{ "x-ratelimit-reset": "later" }, undefined],
    // What is asked for outright goes before all of it.
    [{ "retry-after": "2", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" }, 2000],
  ])("is, of %j, %s ms", (headers, wait) => {
    expect(retryAfterMs(headers, 429)).toBe(wait);
    if (headers["retry-after"] === undefined) expect(retryAfterMs(headers, 500)).toBeUndefined();
  });

  it("is none of a header that came twice", () => {
    const twice = ["7", "7"] as unknown as string;
    for (const name of [
      "retry-after",
      "retry-after-ms",
      "ratelimit",
      "ratelimit-reset",
      "x-ratelimit-remaining-tokens",
    ]) {
      expect(retryAfterMs({ [name]: twice, date: NOW }, 429)).toBeUndefined();
    }
  });

  it("is a time that can be waited for, or nothing, whatever a server writes", () => {
    const name = fc.constantFrom(
      "retry-after",
      "retry-after-ms",
      "ratelimit",
      "ratelimit-reset",
      "x-ratelimit-reset",
      "x-ratelimit-reset-tokens",
      "x-ratelimit-remaining-tokens",
      "anthropic-ratelimit-tokens-remaining",
      "anthropic-ratelimit-tokens-reset",
      "date",
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("0", "-0", "NaN", "Infinity", "1e400", NOW, "99999999-01-01T00:00:00Z", "9".repeat(400)),
      fc.double().map(String),
      fc.tuple(fc.nat(), fc.constantFrom("ms", "s", "m", "h", "d")).map(([amount, unit]) => `${amount}${unit}`),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (headers) => {
        const wait = retryAfterMs(headers, 429) ?? 0;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(DAY);
      }),
    );
  });
});
