import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { testStore } from "../../test/kits/test-store.js";
import { createSqliteStore } from "./sqlite-store.js";

let folder = "";
const make = (): void => {
  folder = mkdtempSync(join(tmpdir(), "parlance-store-"));
};
const remove = (): void => rmSync(folder, { recursive: true, force: true });

testStore("sqlite", {
  open: async (now) => {
    make();
    return createSqliteStore({ folder, now, tell: () => {} });
  },
  remove: async () => remove(),
});

describe("a store in a SQLite file", () => {
  beforeEach(make);
  afterEach(() => {
    vi.useRealTimers();
    remove();
  });
  const key = (id: string) => ({ tenant: "", kind: "k", id });
  const open = (now: () => number = () => 0, told: string[] = []) =>
    createSqliteStore({ folder: join(folder, "deep", "state"), now, tell: (state) => told.push(state) });

  it("makes no file before it is used, and then one that only its owner reads", async () => {
    const store = open();
    const file = join(folder, "deep", "state", "store.db");
    expect(existsSync(file)).toBe(false);
    await store.get(key("a"));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it("has what was put when it is opened again", async () => {
    const before = open();
    await before.put(key("a"), Buffer.from("kept"), 1000);
    await before.close();
    const after = open();
    expect((await after.get(key("a")))?.toString()).toBe("kept");
    await after.close();
  });

  it("removes what has expired, all of it in small steps", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "clearTimeout", "clearInterval"] });
    let now = 0;
    const store = open(() => now);
    for (let i = 0; i < 450; i += 1) await store.put(key(`${i}`), Buffer.from("x"), i < 440 ? 10 : 1_000_000);
    await vi.advanceTimersByTimeAsync(100);
    now = 20;
    await vi.advanceTimersByTimeAsync(61_000);
    // The clock goes back, so that whatever is still there would be found.
    now = 0;
    expect(await store.get(key("0"))).toBeUndefined();
    expect(await store.get(key("439"))).toBeUndefined();
    expect(await store.get(key("440"))).toBeDefined();
    await store.close();
  });

  it("tells once that it is lost and once that it is back, and keeps what waits until then", async () => {
    const told: string[] = [];
    writeFileSync(join(folder, "deep"), "a file where the folder should be");
    const store = open(() => 0, told);
    await expect(store.get(key("a"))).rejects.toThrow();
    await expect(store.get(key("b"))).rejects.toThrow();
    await store.put(key("a"), Buffer.from("waits"), 1000);
    expect((await store.get(key("a")))?.toString()).toBe("waits");
    expect(told).toEqual(["lost"]);
    rmSync(join(folder, "deep"));
    expect(await store.get(key("b"))).toBeUndefined();
    expect(told).toEqual(["lost", "back"]);
    await store.close();
    const after = open();
    expect((await after.get(key("a")))?.toString()).toBe("waits");
    await after.close();
  });

  it("does not grow without an end while it cannot write", async () => {
    writeFileSync(join(folder, "deep"), "a file where the folder should be");
    chmodSync(join(folder, "deep"), 0o400);
    const store = open();
    const large = Buffer.alloc(9_000_000);
    for (const id of ["a", "b", "c"]) await store.put(key(id), large, 1000);
    await expect(store.put(key("d"), large, 1000)).rejects.toThrow("too much waits");
    await store.close();
  });
});
