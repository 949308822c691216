import type { Clock } from "../core/clock.js";
import type { Exchange } from "../core/exchange.js";
import type { TargetView } from "../core/target-view.js";
import type { Leave, Refusal } from "./leave.js";
import { TargetState } from "./target-state.js";

/** What is known of every target, by name. It outlives a change of configuration. */
export interface TargetStates {
  view(target: string): TargetView;
  /** Asks for leave for an attempt. `panic`: a target that was ejected by a share of failures is called all the same. */
  admit(target: string, exchange: Exchange, panic: boolean): Leave | Refusal | Promise<Leave | Refusal>;
}

/** The states of a gateway's targets. */
export function createTargetStates(clock: Clock): TargetStates {
  const states = new Map<string, TargetState>();
  const stateOf = (name: string): TargetState => {
    const known = states.get(name);
    if (known !== undefined) return known;
    const state = new TargetState(clock);
    states.set(name, state);
    return state;
  };
  return {
    view: stateOf,
    admit: (target) => stateOf(target).admit(),
  };
}
