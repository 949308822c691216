/** What a setting is where it is not written. The comments in config.proto say the same, and a test compares the two. */
export const DEFAULTS = {
  host: "127.0.0.1",
  port: 8080,
  drainMs: 10 * 60_000,
  maxBodyBytes: 32 * 1024 * 1024,
  headerTimeoutMs: 10_000,
  bodyTimeoutMs: 60_000,
  requestTimeoutMs: 30 * 60_000,
  connectMs: 10_000,
  firstByteMs: 5 * 60_000,
  idleMs: 2 * 60_000,
  logLevel: "info",
  storeKind: "sqlite",
  storeMaxBytes: 64 * 1024 * 1024,
  storeKeepDays: 30,
  credentialWeight: 1,
  catalogRefreshMs: 24 * 60 * 60_000,
} as const;
