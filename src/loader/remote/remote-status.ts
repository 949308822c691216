import type { Remotes } from "./remotes.js";

/** What of a plugin's state is other than its package says, since it runs outside of the gateway's thread. */
export function remoteStatus<S extends string>(
  own: S,
  remotes: Remotes | undefined,
): { readonly state: S | "ready" | "degraded" | "failed"; readonly reason?: string } | undefined {
  const found = remotes?.state();
  if (found === undefined || found.state === "idle" || found.state === "starting") return undefined;
  if (found.state === "ready") return own === "validated" ? { state: "ready" } : undefined;
  return { state: found.state, reason: `Provider "${found.provider}": ${found.reason ?? ""}`.trim() };
}
