import type { ParlanceError } from "../sdk/index.js";

/** What answers an exchange, or does not: an attempt, or several that race. */
export interface Run {
  /** Resolves once it is over: with its error, or with nothing when it has answered. Never rejects. */
  readonly ended: Promise<ParlanceError | undefined>;
  /** True once content has reached the client: from here on no other target can answer from its beginning. */
  readonly committed: boolean;
}
