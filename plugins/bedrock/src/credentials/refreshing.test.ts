import { describe, expect, it } from "vitest";
import type { AmazonCredentials } from "./amazon-credentials.js";
import { refreshing } from "./refreshing.js";

const MINUTE = 60_000;

/** A source whose answers the test gives one by one. */
function source() {
  const asked: { give: (credentials: AmazonCredentials) => void; fail: (error: Error) => void }[] = [];
  const load = () => new Promise<AmazonCredentials>((give, fail) => asked.push({ give, fail }));
  return { asked, load };
}

const keys = (name: string, expiration?: number): AmazonCredentials => ({
  accessKeyId: name,
  secretAccessKey: "s",
  ...(expiration !== undefined && { expiration: new Date(expiration) }),
});

describe("credentials that expire", () => {
  it("are got once for all calls that want them, and kept", async () => {
    const { asked, load } = source();
    const current = refreshing(load, () => 0);
    const waiting = [current(), current(), current()].map((one) => Promise.resolve(one));
    expect(asked).toHaveLength(1);
    asked[0]?.give(keys("a"));
    expect(await Promise.all(waiting)).toEqual([keys("a"), keys("a"), keys("a")]);
    expect(current()).toEqual(keys("a"));
    expect(asked).toHaveLength(1);
  });

  it("are got anew shortly before they expire, once at a time, and nobody waits for it", async () => {
    let now = 0;
    const { asked, load } = source();
    const current = refreshing(load, () => now);
    const first = current();
    asked[0]?.give(keys("a", 60 * MINUTE));
    await first;
    now = 54 * MINUTE;
    expect(current()).toMatchObject({ accessKeyId: "a" });
    expect(asked).toHaveLength(1);
    now = 57 * MINUTE;
    expect(current()).toMatchObject({ accessKeyId: "a" });
    expect(current()).toMatchObject({ accessKeyId: "a" });
    expect(asked).toHaveLength(2);
    asked[1]?.give(keys("b", 120 * MINUTE));
    await new Promise((resolve) => setImmediate(resolve));
    expect(current()).toMatchObject({ accessKeyId: "b" });
  });

  it("that cannot be got anew are used while they hold; then the failure is told, and the next call tries again", async () => {
    let now = 0;
    const { asked, load } = source();
    const current = refreshing(load, () => now);
    const first = current();
    asked[0]?.give(keys("a", 10 * MINUTE));
    await first;
    now = 8 * MINUTE;
    expect(current()).toMatchObject({ accessKeyId: "a" });
    asked[1]?.fail(new Error("no"));
    await new Promise((resolve) => setImmediate(resolve));
    now = 11 * MINUTE;
    const late = current();
    asked[2]?.fail(new Error("still no"));
    await expect(late).rejects.toThrow("still no");
    const last = current();
    asked[3]?.give(keys("b"));
    expect(await last).toMatchObject({ accessKeyId: "b" });
  });

  it("and do not tell when are looked up again from time to time, lasting ones never", async () => {
    let now = 0;
    for (const [sessionToken, times] of [
      ["t", 2],
      [undefined, 1],
    ] as const) {
      now = 0;
      const { asked, load } = source();
      const current = refreshing(load, () => now);
      const first = current();
      asked[0]?.give({ ...keys("a"), sessionToken });
      await first;
      now = 14 * MINUTE;
      expect(current()).toMatchObject({ accessKeyId: "a" });
      expect(asked).toHaveLength(times);
    }
  });
});
