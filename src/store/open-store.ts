import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { createMemoryStore } from "./memory-store.js";
import { createSqliteStore } from "./sqlite-store.js";
import type { Store, TellStoreState } from "./store.js";

/** What a store is opened with. */
export interface StoreOptions {
  readonly kind: string;
  /** Folder of the store's files; undefined means the user's own folder for state. */
  readonly path: string | undefined;
  /** Most bytes that a store in memory holds. */
  readonly maxBytes: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly tell: TellStoreState;
}

/** The store that is configured. Nothing is touched before it is used. */
export function openStore({ kind, path, maxBytes, now, tell }: StoreOptions): Store {
  if (kind === "memory") return createMemoryStore(maxBytes, now);
  return createSqliteStore({ folder: path === undefined ? stateFolder(process.env) : resolve(path), now, tell });
}

/** Where programs keep what they would not lose: https://specifications.freedesktop.org/basedir-spec/latest/ */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment.XDG_STATE_HOME;
  // As the specification has it, a relative path counts as none.
  return join(base?.startsWith("/") ? base : join(homedir(), ".local", "state"), "parlance");
}
