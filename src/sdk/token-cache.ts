/** A token that expires. */
export interface Token {
  /** Never to be logged or put into an error. */
  readonly value: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** What a token cache is made from. */
export interface TokenCacheInit {
  /** Gets a new token. Never called while an earlier call of it runs. */
  readonly renew: () => Promise<Token>;
  /** Unix milliseconds. Absent means the system's clock. */
  readonly now?: () => number;
}

/** A token that is kept while it is good. */
export interface TokenCache {
  /**
   * The token: at once while it is good, else a promise of the next one. However many wait, one asks. Shortly before it
   * expires the next one is asked for while the old one still serves; that this fails hurts nobody until the old one has
   * expired. Rejects as `renew` does.
   */
  get(): string | Promise<string>;
  /**
   * Has the next call ask for a new token: the server refused this one. A token that was made just now stays, as it is
   * not its age that the server refuses, and to ask for another at every call would only lead to a second refusal.
   */
  drop(): void;
}

/** How long before its end a token is renewed: as long as the clouds' own libraries do. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** How long a failed renewal is left alone while the old token serves. */
const PAUSE_MS = 10_000;
/** How old a token must be to be dropped. */
const MIN_AGE_MS = 10_000;

/** Keeps a token that a server wants with every call, for `Wire.authorize`. */
export function cacheToken({ renew, now = Date.now }: TokenCacheInit): TokenCache {
  let held: (Token & { readonly since: number; readonly renewAt: number }) | undefined;
  let running: Promise<string> | undefined;
  let pausedUntil = 0;

  const start = (): Promise<string> => {
    running ??= renew()
      .then((token) => {
        const since = now();
        // One that lives shorter than the margin would be renewed at every call.
        const margin = Math.min(RENEW_BEFORE_MS, (token.expiresAt - since) / 2);
        held = { ...token, since, renewAt: token.expiresAt - margin };
        return token.value;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return {
    get() {
      const time = now();
      if (held === undefined || time >= held.expiresAt) return start();
      if (time >= held.renewAt && running === undefined && time >= pausedUntil) {
        pausedUntil = time + PAUSE_MS;
        start().catch(() => {
          // The old token serves on; once it has expired the failure reaches the call that waits.
        });
      }
      return held.value;
    },
    drop() {
      if (held !== undefined && now() - held.since >= MIN_AGE_MS) held = undefined;
    },
  };
}
