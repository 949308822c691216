import { type DestinationStream, type Logger, pino } from "pino";

/** The process's log: JSON lines, written in batches off the path of requests. */
export interface Log {
  readonly logger: Logger;
  /** Writes what is waiting. To be called before the process ends. */
  flush(): void;
}

const FLUSH_EVERY_MS = 100;

// Records are made of named fields that hold no secret; this is the second fence, for whatever is logged in the future.
const SECRETS = [
  "api_key",
  "apiKey",
  "authorization",
  "headers",
  "cookie",
  "*.api_key",
  "*.apiKey",
  "*.authorization",
  "*.headers",
];

/** `level` as in the configuration. `destination` defaults to standard output. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const stream = destination ?? pino.destination({ dest: 1, sync: false, minLength: 8192 });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS, censor: "[redacted]" },
    },
    stream,
  );
  const buffered = stream as { flush?: () => void; flushSync?: () => void };
  const timer = setInterval(() => buffered.flush?.(), FLUSH_EVERY_MS).unref();
  return {
    logger,
    flush() {
      clearInterval(timer);
      try {
        buffered.flushSync?.();
      } catch {
        // It fails when nothing was ever written: there is nothing to lose then.
      }
    },
  };
}
