import { chmodSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { default as DatabaseConstructor } from "libsql";
import type { DocumentKey, Store, TellStoreState } from "./store.js";

/** What a SQLite store is made from. */
export interface SqliteOptions {
  /** Folder of the file `store.db`; made when it is first needed. */
  readonly folder: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly tell: TellStoreState;
}

/** Time that writes are gathered for, in milliseconds: what a crash may lose. */
const GATHER_MS = 20;
/** Before what could not be written is tried again. */
const RETRY_MS = 1000;
/** Most that one transaction writes, since nothing else happens in the process meanwhile. */
const BATCH_BYTES = 1024 * 1024;
/** Most that waits for a file that cannot be written. */
const WAITING_BYTES = 32 * 1024 * 1024;
/** Between two looks for what has expired. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_DOCUMENTS = 200;
/** Longest wait for another process that writes to the same file. The whole process waits. */
const BUSY_MS = 100;

/**
 * Documents in one SQLite file, opened on first use: a gateway that stores nothing makes no file. Writes are gathered and
 * written together off the path of requests; a get finds what still waits. Expired documents are removed in small batches.
 */
export function createSqliteStore({ folder, now, tell }: SqliteOptions): Store {
  const waiting = new Map<string, Waiting>();
  let waitingBytes = 0;
  let file: OpenFile | undefined;
  let lost = false;
  let flushTimer: NodeJS.Timeout | undefined;
  let sweepTimer: NodeJS.Timeout | undefined;

  /** Does something with the file, and tells when it cannot be done any more, or again. */
  const use = <T>(work: (open: OpenFile) => T): T => {
    try {
      if (file === undefined) {
        file = openFile(folder);
        sweepTimer = setInterval(sweep, SWEEP_EVERY_MS).unref();
      }
      const result = work(file);
      if (lost) tell("back", undefined);
      lost = false;
      return result;
    } catch (thrown) {
      if (!lost) tell("lost", thrown as Error);
      lost = true;
      throw thrown;
    }
  };

  const forget = (name: string): boolean => {
    const entry = waiting.get(name);
    if (entry === undefined) return false;
    waiting.delete(name);
    waitingBytes -= entry.document.length;
    return true;
  };

  /** Writes one batch, and says whether more waits. */
  const flush = (): boolean => {
    const batch: [string, Waiting][] = [];
    let bytes = 0;
    for (const entry of waiting) {
      batch.push(entry);
      bytes += entry[1].document.length;
      if (bytes >= BATCH_BYTES) break;
    }
    if (batch.length === 0) return false;
    use((open) => open.write(batch.map(([, entry]) => entry)));
    // Written anew meanwhile, a document waits again.
    for (const [name, entry] of batch) if (waiting.get(name) === entry) forget(name);
    return waiting.size > 0;
  };

  const later = (ms: number): void => {
    flushTimer ??= setTimeout(() => {
      flushTimer = undefined;
      try {
        if (flush()) later(0);
      } catch {
        // It was told. What waits is tried again, with what comes.
        later(RETRY_MS);
      }
    }, ms).unref();
  };

  function sweep(): void {
    try {
      if (use((open) => open.sweep(now())) === SWEEP_DOCUMENTS) setTimeout(sweep, GATHER_MS).unref();
    } catch {
      // It was told, and comes again.
    }
  }

  return {
    async put(key, document, expiresAt) {
      const name = nameOf(key);
      forget(name);
      if (waitingBytes + document.length > WAITING_BYTES) throw new Error("too much waits to be written");
      waiting.set(name, { key, document, expiresAt });
      waitingBytes += document.length;
      later(GATHER_MS);
    },
    async get(key) {
      const entry = waiting.get(nameOf(key));
      if (entry !== undefined) return entry.expiresAt > now() ? entry.document : undefined;
      return use((open) => open.get(key, now()));
    },
    async delete(key) {
      const name = nameOf(key);
      const waited = waiting.get(name);
      const there = waited !== undefined && waited.expiresAt > now();
      forget(name);
      return use((open) => open.delete(key, now())) || there;
    },
    async close() {
      clearTimeout(flushTimer);
      clearInterval(sweepTimer);
      try {
        while (flush());
      } catch {
        // It was told.
      }
      file?.close();
      file = undefined;
    },
  };
}

interface Waiting {
  readonly key: DocumentKey;
  readonly document: Buffer;
  readonly expiresAt: number;
}

interface OpenFile {
  write(batch: readonly Waiting[]): void;
  get(key: DocumentKey, now: number): Buffer | undefined;
  delete(key: DocumentKey, now: number): boolean;
  /** Removes some of what has expired, and says how much. */
  sweep(now: number): number;
  close(): void;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS documents (
  tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, expires_at INTEGER NOT NULL, document BLOB NOT NULL,
  PRIMARY KEY (tenant, kind, id)
);
CREATE INDEX IF NOT EXISTS documents_by_expiry ON documents (expires_at);
`;

function openFile(folder: string): OpenFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Loaded here, so that a process that stores nothing does without the library.
  const Database = createRequire(import.meta.url)("libsql") as typeof DatabaseConstructor;
  const path = join(folder, "store.db");
  const database = new Database(path, { timeout: BUSY_MS });
  // Conversations are nobody else's to read.
  chmodSync(path, 0o600);
  // A power cut may lose the last moments, never the file (https://www.sqlite.org/pragma.html#pragma_synchronous).
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = NORMAL");
  database.exec(SCHEMA);
  const put = database.prepare(
    "INSERT INTO documents VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, kind, id) DO UPDATE SET expires_at = excluded.expires_at, document = excluded.document",
  );
  const get = database.prepare(
    "SELECT document FROM documents WHERE tenant = ? AND kind = ? AND id = ? AND expires_at > ?",
  );
  const remove = database.prepare(
    "DELETE FROM documents WHERE tenant = ? AND kind = ? AND id = ? RETURNING expires_at",
  );
  const sweep = database.prepare(
    "DELETE FROM documents WHERE rowid IN (SELECT rowid FROM documents WHERE expires_at <= ? LIMIT ?)",
  );
  const write = database.transaction((batch: readonly Waiting[]) => {
    for (const { key, document, expiresAt } of batch) put.run(key.tenant, key.kind, key.id, expiresAt, document);
  });
  return {
    write,
    get(key, now) {
      const row = get.get(key.tenant, key.kind, key.id, now) as { document: Buffer } | undefined;
      return row?.document;
    },
    delete(key, now) {
      const row = remove.get(key.tenant, key.kind, key.id) as { expires_at: number } | undefined;
      return row !== undefined && row.expires_at > now;
    },
    sweep: (now) => sweep.run(now, SWEEP_DOCUMENTS).changes,
    close: () => void database.close(),
  };
}

function nameOf({ tenant, kind, id }: DocumentKey): string {
  return JSON.stringify([tenant, kind, id]);
}
