import { type DestinationStream, type Logger, pino } from "pino";
import { createLineBatch } from "./line-batch.js";

/** The process's log: JSON lines, written in batches off the path of requests. */
export interface Log {
  readonly logger: Logger;
  /** Writes what is waiting. To be called before the process ends. */
  flush(): void;
}

const FLUSH_EVERY_MS = 100;
const STANDARD_OUTPUT = 1;

// Records are made of named fields that hold no secret; this is the second fence, for whatever is logged in the future.
// pino's own redaction clones every record, which costs more than the rest of its line.
const SECRET = /key|token$|authorization|cookie|password|secret|headers/i;
const judged = new Map<string, boolean>();

/** `level` as in the configuration. `destination` defaults to standard output. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const batch = destination === undefined ? createLineBatch(STANDARD_OUTPUT) : undefined;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }), log: censor },
    },
    (destination ?? batch) as DestinationStream,
  );
  const timer = setInterval(() => batch?.flush(), FLUSH_EVERY_MS).unref();
  return {
    logger,
    flush() {
      clearInterval(timer);
      batch?.flushSync();
    },
  };
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

/** The time as pino wants it. What is before the milliseconds is written once a second. */
function createTimestamp(): () => string {
  let second = -1;
  let before = "";
  return () => {
    const now = Date.now();
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      before = `,"time":"${new Date(current * 1000).toISOString().slice(0, -4)}`;
    }
    return `${before}${String(now % 1000).padStart(3, "0")}Z"`;
  };
}
