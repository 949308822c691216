import type { UpstreamTimeouts } from "../sdk/index.js";

/** How long calls of a provider may take: what its connections watch over, and what the attempts do. */
export interface CallTimeouts extends UpstreamTimeouts {
  /** Milliseconds from sending the request to the first content of a stream. */
  readonly firstContentMs: number;
  /** Least bytes of a stream in a second, over any ten seconds after its first content; 0 means any. */
  readonly minRate: number;
  /** Milliseconds for an attempt as a whole; undefined means as long as the exchange may take. */
  readonly attemptMs: number | undefined;
}
