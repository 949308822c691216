import type { DocumentKey, Store } from "./store.js";

interface Entry {
  readonly document: Buffer;
  readonly expiresAt: number;
}

/** What an entry takes beside its document, about. */
const ENTRY_BYTES = 200;

/**
 * Documents in this process, gone with it. `maxBytes` of them at most: those that were not used for longest go first.
 * `now`: Unix milliseconds.
 */
export function createMemoryStore(maxBytes: number, now: () => number): Store {
  // A Map keeps the order in which its entries were set, so that the first is the one least recently used.
  const entries = new Map<string, Entry>();
  let bytes = 0;

  const remove = (name: string): boolean => {
    const entry = entries.get(name);
    if (entry === undefined) return false;
    entries.delete(name);
    bytes -= sizeOf(name, entry);
    return true;
  };
  const alive = (name: string): Entry | undefined => {
    const entry = entries.get(name);
    if (entry === undefined || entry.expiresAt > now()) return entry;
    remove(name);
    return undefined;
  };

  return {
    async put(key, document, expiresAt) {
      const name = nameOf(key);
      remove(name);
      // A copy: what was handed in may be a view of a much larger buffer.
      const entry = { document: Buffer.from(document), expiresAt };
      entries.set(name, entry);
      bytes += sizeOf(name, entry);
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    async get(key) {
      const name = nameOf(key);
      const entry = alive(name);
      if (entry === undefined) return undefined;
      entries.delete(name);
      entries.set(name, entry);
      return entry.document;
    },
    async delete(key) {
      const name = nameOf(key);
      return alive(name) !== undefined && remove(name);
    },
    async close() {
      entries.clear();
      bytes = 0;
    },
  };
}

function nameOf({ tenant, kind, id }: DocumentKey): string {
  return JSON.stringify([tenant, kind, id]);
}

function sizeOf(name: string, { document }: Entry): number {
  return name.length * 2 + document.length + ENTRY_BYTES;
}
