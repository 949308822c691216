import { cacheToken } from "@parlance/sdk";
import type { AmazonCredentials, LoadCredentials } from "./amazon-credentials.js";

/** The credentials of now: themselves where they are at hand, a promise where they must be got. */
export type CurrentCredentials = () => AmazonCredentials | Promise<AmazonCredentials>;

/** How long temporary credentials are kept that do not tell how long they hold: other tools write them anew into files. */
const UNTOLD_MS = 15 * 60_000;

/** Keeps credentials as the SDK keeps tokens: until shortly before they expire, and got once at a time. */
export function refreshing(load: LoadCredentials, now: () => number = Date.now): CurrentCredentials {
  let current: AmazonCredentials | undefined;
  const cache = cacheToken({
    renew: async () => {
      current = await load();
      return { value: current.accessKeyId, expiresAt: expiryOf(current, now()) };
    },
    now,
  });
  const held = (): AmazonCredentials => current as AmazonCredentials;
  return () => {
    const good = cache.get();
    return typeof good === "string" ? held() : good.then(held);
  };
}

function expiryOf({ expiration, sessionToken }: AmazonCredentials, now: number): number {
  if (expiration !== undefined) return expiration.getTime();
  return sessionToken === undefined ? Number.POSITIVE_INFINITY : now + UNTOLD_MS;
}
