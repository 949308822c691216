import type { Exchange } from "../core/exchange.js";
import type { RetryPolicy } from "../core/route-policy.js";
import type { Plan, PlannedTarget, Target } from "../core/target.js";
import type { Unavailable } from "../core/target-view.js";
import { type Attempt, type AttemptFailure, AttemptKind, type ErrorCode, ParlanceError } from "../sdk/index.js";
import { allFailed } from "./all-failed.js";
import { CredentialChoice } from "./credential-choice.js";
import { decide, type Step } from "./decide.js";
import type { RetryBudgets } from "./retry-budget.js";
import type { Race } from "./race.js";
import type { Run } from "./run.js";
import type { CredentialRests } from "./credential-rests.js";
import type { TargetStates } from "./target-states.js";

/** What a walk stands on. */
export interface WalkOptions {
  /** Of exchanges whose route has no policy of its own. */
  readonly retry: RetryPolicy;
  readonly budgets: RetryBudgets;
  readonly rests: CredentialRests;
  /** Most that a credential rests, in milliseconds; 0 means not at all. */
  readonly longestRestMs: number;
  /** A number from 0 to less than 1. */
  readonly random: () => number;
  readonly states: TargetStates;
}

/** Where one exchange stands in its plan: whom it asks next, what failed before, and what follows from a failure. */
export class Walk {
  readonly credentials: CredentialChoice;
  readonly failures: AttemptFailure[] = [];
  /** What the next attempt is for. */
  kind = AttemptKind.FIRST;
  /** Milliseconds that the next attempt has waited for. */
  waitMs = 0;
  readonly #exchange: Exchange;
  readonly #options: WalkOptions;
  readonly #retry: RetryPolicy;
  #plan: Plan;
  /** Of the target to be asked next. */
  #place = 0;
  #retries = 0;
  #retriesHere = 0;
  /** Whether the plan is now that of a fallback of its own, and which. */
  #instead: "context_length_exceeded" | "content_filtered" | undefined;
  /** Why there is another attempt after the last one. */
  #why = "";
  /** What is told of the last attempt. */
  #failed: { next?: string } | undefined;
  /** Targets that were passed over since the last attempt, with the reason. */
  #skipped = "";
  /** The least that any target asks to wait. */
  #retryAfterMs: number | undefined;
  #waitedForRestMs = 0;

  constructor(exchange: Exchange, plan: Plan, options: WalkOptions) {
    this.#exchange = exchange;
    this.#plan = plan;
    this.#options = options;
    this.#retry = exchange.policy?.retry ?? options.retry;
    if (exchange.attempts.length > 0) this.kind = AttemptKind.FALLBACK;
    this.credentials = new CredentialChoice(options.rests, options.longestRestMs);
  }

  /** The target to be asked now, with what was passed over on the way to it. */
  get planned(): PlannedTarget {
    const planned = this.#plan[this.#place] as PlannedTarget;
    return this.#skipped === "" ? planned : { ...planned, reason: `${planned.reason}; passed over: ${this.#skipped}` };
  }

  /** The targets that would follow. */
  get further(): Plan {
    return this.#plan.slice(this.#place + 1);
  }

  /** Waits for something, and counts the time to the next attempt's wait. */
  async wait<Result>(something: Promise<Result>): Promise<Result> {
    const from = this.#exchange.clock.monotonic();
    try {
      return await something;
    } finally {
      this.waitMs += this.#exchange.clock.monotonic() - from;
    }
  }

  /** An attempt at the target begins. */
  began({ name }: Target): void {
    if (this.kind !== AttemptKind.RETRY) this.#options.budgets.began(name);
    const { attempts } = this.#exchange;
    const before = attempts[attempts.length - 1];
    // What came before the walk was told by whoever began another one.
    if (before !== undefined && this.#why !== "") before.next = this.#why;
    if (this.#failed !== undefined && this.#why !== "") this.#failed.next = this.#why;
    this.#why = "";
    this.#skipped = "";
    this.waitMs = 0;
  }

  /**
   * The target cannot be called now. Gives the milliseconds to wait for it where no other is left and the wait is short
   * enough; undefined where the next one is to be asked. Throws when there is none. `passes`: whether it is worth waiting.
   * `code`: how that is called.
   */
  refused(
    { reason, retryAfterMs }: Unavailable,
    passes: boolean,
    code: ErrorCode = "no_healthy_target",
  ): number | undefined {
    const { target } = this.#plan[this.#place] as PlannedTarget;
    if (passes && retryAfterMs !== undefined && !this.#hasAnother()) {
      // Those who wait for the same moment must not come in the same moment.
      const waitMs = retryAfterMs + this.#options.random() * this.#retry.backoffMs;
      if (this.#mayWait(waitMs)) return waitMs;
    }
    this.#skipped += `${this.#skipped === "" ? "" : ", "}${target.name}, as ${reason}`;
    const error = new ParlanceError(code, `The target is not called: ${reason}.`, { retryAfterMs });
    this.#fail(error, target);
    if (this.#place < this.#plan.length - 1) return this.#next();
    if (this.#failed !== undefined) this.#nothingFollowed(`no other target is called (${this.#skipped})`);
    throw allFailed(error, this.failures, this.#retryAfterMs);
  }

  /** Targets were asked beside each other: the walk goes to where that ended. */
  raced({ ahead, failures }: Pick<Race, "ahead" | "failures">): void {
    for (const { error, target } of failures) this.#fail(error, target);
    this.#place += ahead;
  }

  /** What follows a failure; the walk has gone there. Throws what the client is told when nothing does. */
  failed(run: Run, failure: ParlanceError): Step {
    const { target } = this.#plan[this.#place] as PlannedTarget;
    const { attempts } = this.#exchange;
    this.#failed = this.#fail(failure, target, attempts[attempts.length - 1]);
    const step = this.#stepAfter(run, failure, target);
    if (step.kind === "stop" || step.kind === "end") {
      if (failure !== this.#exchange.cancelled) this.#nothingFollowed(step.why);
      const told = failure.with({ provider: target.provider.name, attempts: this.failures });
      throw step.kind === "stop" ? told : allFailed(told, this.failures, this.#retryAfterMs);
    }
    this.#why = step.why;
    if (step.kind === "next") {
      this.#next();
      return step;
    }
    this.kind = step.kind === "rotate" ? AttemptKind.ROTATION : AttemptKind.RETRY;
    return step;
  }

  /** The last attempt is the last of the exchange. */
  #nothingFollowed(why: string): void {
    const { attempts } = this.#exchange;
    const last = attempts[attempts.length - 1];
    const next = `none: ${why}`;
    if (last !== undefined) last.next = next;
    if (this.#failed !== undefined) this.#failed.next = next;
  }

  #stepAfter({ committed }: Run, failure: ParlanceError, target: Target): Step {
    const exchange = this.#exchange;
    if (failure === exchange.cancelled) return { kind: "stop", why: failure.code };
    if (committed) return { kind: "stop", why: "the client has some of the answer" };
    if (!exchange.repeatable) return { kind: "stop", why: "the request's body is spent" };
    const { maxAttempts } = this.#retry;
    if (failure.facts.sealRefused === true && !exchange.withoutSeals && exchange.attempts.length < maxAttempts) {
      // The same target once more, without what it could not read: it was ours to know, not the caller's.
      exchange.withoutSeals = true;
      return { kind: "again", waitMs: 0, why: "again without what the provider could not read" };
    }
    const instead = this.#insteadOf(failure);
    if (instead !== undefined) return instead;
    return decide(failure, {
      policy: this.#retry,
      attempts: exchange.attempts.length,
      retriesHere: this.#retriesHere,
      retries: this.#retries,
      another: this.#hasAnother(),
      otherCredential: this.credentials.hasAnother(target),
      leftMs: exchange.leftMs,
      random: this.#options.random,
      spend: () => this.#spend(target),
    });
  }

  /** The fallbacks that a route has for a kind of error go in the place of what is left of the plan, once. */
  #insteadOf({ code }: ParlanceError): Step | undefined {
    const { policy } = this.#exchange;
    if (policy === undefined || (code !== "context_length_exceeded" && code !== "content_filtered")) return undefined;
    if (this.#exchange.attempts.length >= this.#retry.maxAttempts) return undefined;
    const why = `next target after ${code}`;
    if (this.#instead === code) return this.#place < this.#plan.length - 1 ? { kind: "next", why } : undefined;
    const fallbacks = code === "context_length_exceeded" ? policy.contextFallbacks() : policy.contentFallbacks();
    const asked = new Set(this.failures.map(({ target }) => target));
    const left = fallbacks.filter(({ target }) => !asked.has(target.name));
    if (left.length === 0) return undefined;
    this.#instead = code;
    this.#plan = left;
    this.#place = -1;
    return { kind: "next", why };
  }

  /** Whether a target after this one could be asked now. */
  #hasAnother(): boolean {
    for (let i = this.#place + 1; i < this.#plan.length; i += 1) {
      const { target } = this.#plan[i] as PlannedTarget;
      if (this.#isOpen(target) && this.credentials.unavailable(target) === undefined) return true;
    }
    return false;
  }

  #isOpen({ name, view }: Target): boolean {
    const unavailable = view.unavailable();
    if (unavailable === undefined) return true;
    return unavailable.ejected && this.#options.states.panics(name, this.#exchange.plan);
  }

  #next(): undefined {
    this.#place += 1;
    this.#retriesHere = 0;
    this.kind = this.#exchange.attempts.length === 0 ? AttemptKind.FIRST : AttemptKind.FALLBACK;
  }

  #spend({ name }: Target): boolean {
    if (!this.#options.budgets.spend(name, this.#retry)) return false;
    this.#retries += 1;
    this.#retriesHere += 1;
    return true;
  }

  #mayWait(milliseconds: number): boolean {
    const waited = this.#waitedForRestMs + milliseconds;
    if (waited > this.#retry.maxWaitMs || milliseconds >= this.#exchange.leftMs) return false;
    this.#waitedForRestMs = waited;
    return true;
  }

  /** `record`: of the attempt; undefined where none was made. Gives what is told of it, to which what followed is added. */
  #fail({ code, message, facts }: ParlanceError, { name }: Target, record?: Attempt): { next?: string } {
    const failed: AttemptFailure & { next?: string } = {
      target: name,
      code,
      message,
      status: facts.providerStatus,
      credential: record?.credential,
      waitMs: waitOf(record),
    };
    this.failures.push(failed);
    const { retryAfterMs } = facts;
    if (retryAfterMs !== undefined) this.#retryAfterMs = Math.min(this.#retryAfterMs ?? retryAfterMs, retryAfterMs);
    return failed;
  }
}

function waitOf({ wait }: Partial<Attempt> = {}): number | undefined {
  return wait && Number(wait.seconds) * 1000 + wait.nanos / 1_000_000;
}
