import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentKey, Store } from "../../src/store/store.js";

/** How a suite makes a store. */
export interface StoreMaker {
  /** A new, empty store whose time is `now`. */
  open(now: () => number): Promise<Store>;
  /** Removes what `open` left. */
  remove(): Promise<void>;
}

const key = (more: Partial<DocumentKey> = {}): DocumentKey => ({ tenant: "", kind: "response", id: "one", ...more });
const bytes = (text: string): Buffer => Buffer.from(text);

/** The promises of the Store contract, for every implementation. */
export function testStore(name: string, { open, remove }: StoreMaker): void {
  describe(`${name}: what every store promises`, () => {
    let now = 1_000_000;
    let store: Store;
    beforeEach(async () => {
      now = 1_000_000;
      store = await open(() => now);
    });
    afterEach(async () => {
      await store.close();
      await remove();
    });
    const text = async (at: DocumentKey): Promise<string | undefined> => (await store.get(at))?.toString();
    /** Past any time that an implementation may gather writes for. */
    const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 60));

    it("gives back what was put, at once and later", async () => {
      await store.put(key(), bytes('{"a":1.0}'), now + 1000);
      expect(await text(key())).toBe('{"a":1.0}');
      await settle();
      expect(await text(key())).toBe('{"a":1.0}');
    });

    it("gives nothing where nothing was put", async () => {
      expect(await store.get(key())).toBeUndefined();
      expect(await store.delete(key())).toBe(false);
    });

    it("keeps documents apart by tenant, kind and id", async () => {
      const keys = [key(), key({ tenant: "acme" }), key({ kind: "other" }), key({ id: "two" })];
      await Promise.all(keys.map((at, index) => store.put(at, bytes(String(index)), now + 1000)));
      await settle();
      expect(await Promise.all(keys.map(text))).toEqual(["0", "1", "2", "3"]);
      expect(await store.get(key({ tenant: "acme\u0000", kind: "response" }))).toBeUndefined();
      await store.delete(key({ tenant: "acme" }));
      expect(await Promise.all(keys.map(text))).toEqual(["0", undefined, "2", "3"]);
    });

    it("puts a document in the place of the one before, whether that was written or waits", async () => {
      await store.put(key(), bytes("first"), now + 10);
      await store.put(key(), bytes("second"), now + 1000);
      expect(await text(key())).toBe("second");
      await settle();
      await store.put(key(), bytes("third"), now + 2000);
      await settle();
      now += 1500;
      expect(await text(key())).toBe("third");
    });

    it("forgets what was deleted, whether it was written or waits", async () => {
      await store.put(key(), bytes("x"), now + 1000);
      expect(await store.delete(key())).toBe(true);
      await settle();
      expect(await store.get(key())).toBeUndefined();
      await store.put(key(), bytes("y"), now + 1000);
      await settle();
      expect(await store.delete(key())).toBe(true);
      expect(await store.delete(key())).toBe(false);
      expect(await store.get(key())).toBeUndefined();
    });

    it("gives nothing once the time of a document is over", async () => {
      await store.put(key(), bytes("x"), now + 1000);
      await store.put(key({ id: "two" }), bytes("y"), now + 1000);
      now += 999;
      expect(await text(key())).toBe("x");
      now += 1;
      expect(await store.get(key())).toBeUndefined();
      expect(await store.delete(key())).toBe(false);
      await settle();
      expect(await store.get(key({ id: "two" }))).toBeUndefined();
      expect(await store.delete(key({ id: "two" }))).toBe(false);
    });

    it("holds bytes of any value and length", async () => {
      const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      const large = Buffer.alloc(3_000_000, all);
      await store.put(key(), all, now + 1000);
      await store.put(key({ id: "two" }), large, now + 1000);
      await store.put(key({ id: "three" }), Buffer.alloc(0), now + 1000);
      await settle();
      expect((await store.get(key()))?.equals(all)).toBe(true);
      expect((await store.get(key({ id: "two" })))?.equals(large)).toBe(true);
      expect((await store.get(key({ id: "three" })))?.length).toBe(0);
    });
  });
}
