import { createLineBatch, type LogDestination } from "./line-batch.js";

/** How grave a line is, least first. */
export type Level = "debug" | "info" | "warn" | "error";

/** The process's log: JSON lines with a level and a time, written in batches off the path of requests. */
export interface Log {
  /** Writes a line, unless it is below the log's level. */
  write(level: Level, record: Record<string, unknown>): void;
  /** A level, or `silent`. Lines below it are not written from now on. */
  setLevel(level: string): void;
  /** Writes what is waiting. To be called before the process ends. */
  flush(): void;
}

const RANKS: Readonly<Record<string, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
const FLUSH_EVERY_MS = 100;
const STANDARD_OUTPUT = 1;

// Records are made of named fields that hold no secret; this is the second fence, for whatever is logged in the future.
const SECRET = /key|token$|authorization|cookie|password|secret|headers/i;
const judged = new Map<string, boolean>();

/** `level` as in the configuration. `destination` defaults to standard output. */
export function createLog(level: string, destination?: LogDestination): Log {
  const batch = destination === undefined ? createLineBatch(STANDARD_OUTPUT) : undefined;
  const timer = setInterval(() => batch?.flush(), FLUSH_EVERY_MS).unref();
  const time = createTimestamp();
  let least = rankOf(level);
  return {
    write(lineLevel, record) {
      if (rankOf(lineLevel) < least) return;
      const members = toJson(censor(record));
      (destination ?? batch)?.write(
        `{"level":"${lineLevel}","time":"${time()}"${members === "{}" ? "" : ","}${members.slice(1)}\n`,
      );
    },
    setLevel(next) {
      least = rankOf(next);
    },
    flush() {
      clearInterval(timer);
      batch?.flushSync();
    },
  };
}

/** A plugin may have put anything into what is told of its answer; a line is written all the same. */
function toJson(record: Record<string, unknown>): string {
  try {
    return JSON.stringify(record);
  } catch (error) {
    return JSON.stringify({ msg: record.msg, unreadable: (error as Error).message });
  }
}

function rankOf(level: string): number {
  return RANKS[level] ?? 1;
}

/** The record without what is named like a secret, at any depth; the same record when there is none. */
export function censor(record: Record<string, unknown>): Record<string, unknown> {
  let out = record;
  for (const name in record) {
    const value = record[name];
    const kept = isSecret(name) ? "[redacted]" : isRecord(value) ? censor(value) : value;
    if (kept === value || value === undefined) continue;
    if (out === record) out = { ...record };
    out[name] = kept;
  }
  return out;
}

function isSecret(name: string): boolean {
  let secret = judged.get(name);
  if (secret === undefined) {
    secret = SECRET.test(name);
    // Names come from code; should one ever come from elsewhere, the memory stays bounded.
    if (judged.size < 1000) judged.set(name, secret);
  }
  return secret;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The time to the millisecond. What is before the milliseconds is written once a second. */
function createTimestamp(): () => string {
  let second = -1;
  let before = "";
  return () => {
    const now = Date.now();
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      before = new Date(current * 1000).toISOString().slice(0, -4);
    }
    return `${before}${String(now % 1000).padStart(3, "0")}Z`;
  };
}
