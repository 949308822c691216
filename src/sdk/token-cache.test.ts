import { describe, expect, it } from "vitest";
import { cacheToken, type Token } from "./token-cache.js";

/** A cache over a clock that moves when told, and a server that answers when told. */
function world() {
  let time = 1_000_000;
  const asked: { answer: (token: Token) => void; fail: (reason: Error) => void }[] = [];
  const cache = cacheToken({
    now: () => time,
    renew: () => new Promise((answer, fail) => asked.push({ answer, fail })),
  });
  return {
    cache,
    asked,
    pass: (ms: number) => (time += ms),
    /** Answers the last question with a token of so many milliseconds. */
    answer: async (value: string, ms: number) => {
      asked.at(-1)?.answer({ value, expiresAt: time + ms });
      await new Promise((resolve) => setImmediate(resolve));
    },
    fail: async (message: string) => {
      asked.at(-1)?.fail(new Error(message));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const HOUR = 3_600_000;

describe("a cached token", () => {
  it("is asked for once, however many wait, and is there at once from then on", async () => {
    const { cache, asked, answer } = world();
    const waiting = [1, 2, 3].map(async () => cache.get());
    expect(asked).toHaveLength(1);
    await answer("a", HOUR);
    expect(await Promise.all(waiting)).toEqual(["a", "a", "a"]);
    expect(cache.get()).toBe("a");
  });

  it("is renewed before it expires, once, while the old one serves", async () => {
    const { cache, asked, answer, pass } = world();
    void cache.get();
    await answer("a", HOUR);
    pass(HOUR - 5 * 60_000 - 1);
    expect([cache.get(), asked.length]).toEqual(["a", 1]);
    pass(1);
    expect([cache.get(), cache.get(), asked.length]).toEqual(["a", "a", 2]);
    await answer("b", HOUR);
    expect(cache.get()).toBe("b");
  });

  it("serves on when its renewal fails, until it has expired; then the failure is told", async () => {
    const { cache, asked, answer, fail, pass } = world();
    void cache.get();
    await answer("a", HOUR);
    pass(HOUR - 60_000);
    expect(cache.get()).toBe("a");
    await fail("busy");
    expect([cache.get(), asked.length]).toEqual(["a", 2]);
    pass(10_000);
    expect([cache.get(), asked.length]).toEqual(["a", 3]);
    await fail("busy");
    pass(50_000);
    const waiting = cache.get();
    await Promise.all([expect(waiting).rejects.toThrow("still busy"), fail("still busy")]);
    expect(asked).toHaveLength(4);
    const next = cache.get();
    await answer("b", HOUR);
    expect(await next).toBe("b");
  });

  it("is not renewed at every call where it lives shortly", async () => {
    const { cache, asked, answer, pass } = world();
    void cache.get();
    await answer("a", 60_000);
    pass(29_000);
    expect([cache.get(), asked.length]).toEqual(["a", 1]);
    pass(1000);
    expect([cache.get(), asked.length]).toEqual(["a", 2]);
  });

  it("is dropped when the server refuses it, but not when it is new", async () => {
    const { cache, asked, answer, pass } = world();
    cache.drop();
    void cache.get();
    await answer("a", HOUR);
    cache.drop();
    expect(cache.get()).toBe("a");
    pass(10_000);
    cache.drop();
    const next = cache.get();
    expect(asked).toHaveLength(2);
    await answer("b", HOUR);
    expect(await next).toBe("b");
  });
});
