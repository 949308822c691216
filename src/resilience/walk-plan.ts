import type { Deadlines } from "../core/deadlines.js";
import type { Dialects } from "../core/dialects.js";
import type { Answerer } from "../core/stage.js";
import type { Timers } from "../core/timers.js";
import { AttemptKind } from "../sdk/index.js";
import { AttemptRun, type AttemptRunInit } from "./attempt-run.js";
import { createHedging } from "./hedging.js";
import { pause } from "./pause.js";
import { Walk, type WalkOptions } from "./walk.js";

/** What the loop stands on. */
export interface AttemptOptions extends WalkOptions {
  readonly dialects: Dialects;
  readonly deadlines: Deadlines;
  /** Most time for an exchange, over all attempts, in milliseconds. */
  readonly totalMs: number;
  /** Of hedges. */
  readonly timers: Timers;
}

/**
 * Walks the plan: one call after another until one answers. An attempt that fails before its first content has reached
 * the client is followed by another, and the client never knows; after it (the commit) the client is told.
 */
export function createAttemptLoop(options: AttemptOptions): Answerer {
  const { deadlines, dialects, states, timers, totalMs } = options;
  const hedging = createHedging(states, timers);
  return async (exchange, onFrame) => {
    if (exchange.plan === undefined) throw new Error("an exchange came to its attempts without a plan");
    exchange.startDeadline(deadlines, totalMs);
    const walk = new Walk(exchange, exchange.plan, options);
    const { credentials } = walk;
    const { policy } = exchange;
    for (;;) {
      if (exchange.cancelled !== undefined) throw exchange.cancelled.with({ attempts: walk.failures });
      const { planned } = walk;
      const { target } = planned;
      const resting = credentials.unavailable(target);
      if (resting !== undefined) {
        const wait = walk.refused(resting, resting.passes, resting.code);
        if (wait !== undefined) await walk.wait(pause(exchange, deadlines, wait));
        continue;
      }
      const admitted = states.admit(target.name, exchange, false);
      const leave = admitted instanceof Promise ? await walk.wait(admitted) : admitted;
      if (leave.kind === "refusal") {
        if (exchange.cancelled === undefined) walk.refused(leave, false, leave.code);
        continue;
      }
      const { kind, waitMs } = walk;
      walk.began(target);
      const attempt: AttemptRunInit = {
        exchange,
        planned,
        dialects,
        onFrame,
        leave,
        credentials,
        deadlines,
        kind,
        waitMs,
      };
      const hedge = kind === AttemptKind.FIRST ? policy?.hedge : undefined;
      const race = hedge && hedging(hedge, attempt, walk.further);
      const run = race ?? new AttemptRun(attempt);
      const failure = await run.ended;
      if (failure === undefined) return;
      if (race !== undefined) walk.raced(race);
      const step = walk.failed(run, failure);
      if (step.kind === "again" && step.waitMs > 0) await walk.wait(pause(exchange, deadlines, step.waitMs));
    }
  };
}
