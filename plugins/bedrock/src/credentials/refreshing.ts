import { cacheToken } from "@parlance/sdk";
import type { AmazonCredentials, LoadCredentials } from "./amazon-credentials.js";

/** The credentials of now: themselves where they are at hand, a promise where they must be got. */
export type CurrentCredentials = () => AmazonCredentials | Promise<AmazonCredentials>;

/** Keeps credentials as the SDK keeps tokens: until shortly before they expire, and got once at a time. */
export function refreshing(load: LoadCredentials, now?: () => number): CurrentCredentials {
  let current: AmazonCredentials | undefined;
  const cache = cacheToken({
    renew: async () => {
      current = await load();
      return { value: current.accessKeyId, expiresAt: current.expiration?.getTime() ?? Number.POSITIVE_INFINITY };
    },
    ...(now && { now }),
  });
  const held = (): AmazonCredentials => current as AmazonCredentials;
  return () => {
    const good = cache.get();
    return typeof good === "string" ? held() : good.then(held);
  };
}
