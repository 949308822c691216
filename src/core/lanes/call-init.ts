import type { Dialects } from "../dialects.js";
import type { Exchange } from "../exchange.js";
import type { ReadyProvider, Target } from "../target.js";
import type { LaneEvents } from "./lane.js";

/** One call of one target: what the lanes are made from. */
export interface CallInit {
  readonly exchange: Exchange;
  readonly target: Target;
  readonly ready: ReadyProvider;
  readonly dialects: Dialects;
  readonly events: LaneEvents;
}
