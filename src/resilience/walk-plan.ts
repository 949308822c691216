import type { Deadlines } from "../core/deadlines.js";
import type { Dialects } from "../core/dialects.js";
import type { Exchange } from "../core/exchange.js";
import type { Answerer } from "../core/stage.js";
import type { PlannedTarget } from "../core/target.js";
import { AttemptKind, type AttemptFailure, ParlanceError } from "../sdk/index.js";
import { allFailed } from "./all-failed.js";
import { AttemptRun } from "./attempt-run.js";
import type { TargetStates } from "./target-states.js";

/** What the loop stands on. */
export interface AttemptOptions {
  readonly dialects: Dialects;
  readonly deadlines: Deadlines;
  readonly states: TargetStates;
  /** Most time for an exchange, over all attempts, in milliseconds. */
  readonly totalMs: number;
}

/**
 * Walks the plan: one call after another until one answers. An attempt that fails before its first content has reached
 * the client is followed by the next target, and the client never knows; after it (the commit) the client is told.
 */
export function createAttemptLoop(options: AttemptOptions): Answerer {
  return async (exchange, onFrame) => {
    const { plan } = exchange;
    if (plan === undefined) throw new Error("an exchange came to its attempts without a plan");
    exchange.startDeadline(options.deadlines, options.totalMs);
    const failures: AttemptFailure[] = [];
    let kind = AttemptKind.FIRST;
    /** When the first of those that are not called may be. */
    let retryAfterMs: number | undefined;
    for (let i = 0; i < plan.length; i += 1) {
      const planned = plan[i] as PlannedTarget;
      const { target } = planned;
      throwIfOver(exchange, failures);
      const admitted = options.states.admit(target.name, exchange, false);
      const leave = admitted instanceof Promise ? await admitted : admitted;
      if (leave.kind === "refusal") {
        // It may have ended in a queue.
        throwIfOver(exchange, failures);
        const message = `The target is not called: ${leave.reason}.`;
        failures.push({ target: target.name, code: leave.code, message });
        retryAfterMs = Math.min(
          retryAfterMs ?? Number.POSITIVE_INFINITY,
          leave.retryAfterMs ?? Number.POSITIVE_INFINITY,
        );
        if (i === plan.length - 1) {
          const known = Number.isFinite(retryAfterMs) ? retryAfterMs : undefined;
          throw allFailed(new ParlanceError(leave.code, message, { retryAfterMs: known }), failures);
        }
        continue;
      }
      const run = new AttemptRun({ exchange, planned, dialects: options.dialects, onFrame, leave, kind });
      const failure = await run.ended;
      if (failure === undefined) return;
      kind = AttemptKind.FALLBACK;
      failures.push({
        target: target.name,
        code: failure.code,
        message: failure.message,
        status: failure.facts.providerStatus,
      });
      if (failure.facts.sealRefused === true && !exchange.withoutSeals) {
        // The same target once more, without what it could not read: it was ours to know, not the caller's.
        exchange.withoutSeals = true;
        kind = AttemptKind.RETRY;
        i -= 1;
        continue;
      }
      const told = failure.with({ provider: target.provider.name, attempts: failures });
      // What one target cannot say, another may be able to; what is the caller's own fault stays so anywhere.
      const next = failure.rule.next || failure.code === "unsupported";
      if (run.committed || !next || !exchange.repeatable || failure === exchange.cancelled) throw told;
      if (i === plan.length - 1) throw allFailed(told, failures);
    }
  };
}

function throwIfOver({ cancelled }: Exchange, attempts: readonly AttemptFailure[]): void {
  if (cancelled !== undefined) throw cancelled.with({ attempts });
}
