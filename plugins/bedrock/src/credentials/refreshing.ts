import type { AmazonCredentials, LoadCredentials } from "./amazon-credentials.js";

/** How long before they expire credentials are got anew, in milliseconds: a call must not outlive its credential. */
const EARLY_MS = 4 * 60_000;

/** The credentials of now: themselves where they are at hand, a promise where they must be got. */
export type CurrentCredentials = () => AmazonCredentials | Promise<AmazonCredentials>;

/**
 * Keeps credentials until shortly before they expire. However many calls want them, they are got once at a time. A
 * failure is not kept: the next call tries again, and while the old credentials hold, they are used on.
 * `now`: milliseconds since 1970.
 */
export function refreshing(load: LoadCredentials, now: () => number): CurrentCredentials {
  let current: AmazonCredentials | undefined;
  let pending: Promise<AmazonCredentials> | undefined;

  const refresh = async (): Promise<AmazonCredentials> => {
    try {
      current = await load();
      return current;
    } finally {
      pending = undefined;
    }
  };

  return () => {
    const left = leftMs(current, now());
    if (current !== undefined && left > EARLY_MS) return current;
    pending ??= refresh();
    if (current === undefined || left <= 0) return pending;
    // They still hold: nobody waits, and a failure to get new ones is told once they do not.
    pending.catch(() => {});
    return current;
  };
}

function leftMs(credentials: AmazonCredentials | undefined, now: number): number {
  const expiration = credentials?.expiration;
  return expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - now;
}
