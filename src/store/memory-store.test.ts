import { describe, expect, it } from "vitest";
import { testStore } from "../../test/kits/test-store.js";
import { createMemoryStore } from "./memory-store.js";

testStore("memory", { open: async (now) => createMemoryStore(64 * 1024 * 1024, now), remove: async () => {} });

describe("a store in memory", () => {
  const key = (id: string) => ({ tenant: "", kind: "k", id });

  it("lets go of what was not used for longest when it is full", async () => {
    const store = createMemoryStore(3500, () => 0);
    for (const id of ["a", "b", "c"]) await store.put(key(id), Buffer.alloc(900), 1);
    expect(await store.get(key("a"))).toBeDefined();
    await store.put(key("d"), Buffer.alloc(900), 1);
    expect(await store.get(key("b"))).toBeUndefined();
    for (const id of ["a", "c", "d"]) expect(await store.get(key(id)), id).toBeDefined();
  });

  it("does not keep what alone is too large", async () => {
    const store = createMemoryStore(1000, () => 0);
    await store.put(key("a"), Buffer.alloc(5000), 1);
    expect(await store.get(key("a"))).toBeUndefined();
    await store.put(key("b"), Buffer.alloc(100), 1);
    expect(await store.get(key("b"))).toBeDefined();
  });

  it("does not hold the buffer that a document was cut out of", async () => {
    const store = createMemoryStore(1000, () => 0);
    const large = Buffer.from("document and much more");
    await store.put(key("a"), large.subarray(0, 8), 1);
    large.fill(0);
    expect((await store.get(key("a")))?.toString()).toBe("document");
  });
});
