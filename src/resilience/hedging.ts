import type { HedgePolicy } from "../core/route-policy.js";
import type { PlannedTarget } from "../core/target.js";
import type { Timers } from "../core/timers.js";
import type { AttemptRunInit } from "./attempt-run.js";
import { attemptsLeft } from "./attempts-left.js";
import { HedgeAllowance } from "./hedge-allowance.js";
import { mayBeDoubled } from "./may-be-doubled.js";
import { Race, type RaceInit } from "./race.js";
import type { TargetStates } from "./target-states.js";

/**
 * Gives the race that a first attempt is to be; undefined where it is to run alone: where no other target is left, where
 * two of the request would do harm, where its answer is to be judged first, where no more than one attempt may be made, and
 * where it is not known yet how long the target usually takes.
 */
export type Hedging = (
  policy: HedgePolicy,
  attempt: AttemptRunInit,
  further: readonly PlannedTarget[],
) => Race | undefined;

/** Hedging of the routes of a configuration. To be asked once for each exchange: its requests are counted by it. */
export function createHedging(states: TargetStates, timers: Timers): Hedging {
  const allowances = new Map<string, HedgeAllowance>();
  const allowanceOf = (route: string): HedgeAllowance => {
    const known = allowances.get(route);
    if (known !== undefined) return known;
    const allowance = new HedgeAllowance();
    allowances.set(route, allowance);
    return allowance;
  };
  return (policy, attempt, further) => {
    const allowance = allowanceOf(policy.route);
    allowance.earn(policy.maxPercent);
    const { credentials, exchange, planned } = attempt;
    const others = planned.pinned === true ? further.filter(({ pinned }) => pinned === true) : further;
    // A cascade's answers are judged one after another.
    if (others.length === 0 || planned.verdict !== undefined || !mayBeDoubled(exchange)) return undefined;
    if (attemptsLeft(exchange) < 2) return undefined;
    const afterMs = policy.afterMs ?? planned.target.view.ttftQuantile(USUAL);
    if (afterMs === undefined) return undefined;
    const admit: RaceInit["admit"] = (target, branch) => {
      const resting = credentials.unavailable(target);
      return resting === undefined ? states.admit(target.name, branch, false) : { kind: "refusal", ...resting };
    };
    return new Race({ ...attempt, further: others, afterMs, timers, allowance, admit });
  };
}

/** What is slower than this share of a target's answers is slow. */
const USUAL = 0.95;
