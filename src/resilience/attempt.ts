import type { FrameSource, WholeAnswer } from "../core/answer.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Dialects } from "../core/dialects.js";
import type { CancelListener, Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import { hideSecrets } from "../core/hide-secrets.js";
import type { LaneCall, LaneEvents } from "../core/lanes/lane.js";
import type { CallInit } from "../core/lanes/call-init.js";
import { prepareCall } from "../core/lanes/prepare-call.js";
import { startCall } from "../core/lanes/start-call.js";
import { costOf } from "../core/pricing.js";
import type { Answerer } from "../core/stage.js";
import type { PlannedTarget } from "../core/target.js";
import type { Tenure } from "../core/tenure.js";
import { type AttemptFailure, Losses, ParlanceError } from "../sdk/index.js";
import { allFailed } from "./all-failed.js";
import { beginRecord, endRecord, tellCredential, tellFirstToken, timeToFirstToken } from "./attempt-record.js";
import { tell, tellWhole } from "./tell-answer.js";

/** Most opening frames that wait for the first content, such as a long run of pings. */
const MAX_HELD_FRAMES = 10_000;

/** What the loop stands on. */
export interface AttemptOptions {
  readonly dialects: Dialects;
  readonly deadlines: Deadlines;
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
    for (let i = 0; i < plan.length; i += 1) {
      const planned = plan[i] as PlannedTarget;
      if (exchange.cancelled !== undefined) throw exchange.cancelled.with({ attempts: failures });
      const run = new AttemptRun(exchange, planned, options.dialects, onFrame);
      const failure = await run.ended;
      if (failure === undefined) return;
      failures.push({
        target: planned.target.name,
        code: failure.code,
        message: failure.message,
        status: failure.facts.providerStatus,
      });
      if (failure.facts.sealRefused === true && !exchange.withoutSeals) {
        // The same target once more, without what it could not read: it was ours to know, not the caller's.
        exchange.withoutSeals = true;
        i -= 1;
        continue;
      }
      const told = failure.with({ provider: planned.target.provider.name, attempts: failures });
      // What one target cannot say, another may be able to; what is the caller's own fault stays so anywhere.
      const next = failure.rule.next || failure.code === "unsupported";
      if (run.committed || !next || !exchange.repeatable || failure === exchange.cancelled) throw told;
      if (i === plan.length - 1) throw allFailed(told, failures);
    }
  };
}

/** One call of one target, from its start to its settlement. */
class AttemptRun implements LaneEvents, FrameSource, CancelListener {
  /** Resolves once the attempt is over: with its error, or with nothing when it has answered. Never rejects. */
  readonly ended: Promise<ParlanceError | undefined>;
  /** True once content has reached the client: from here on no other target can answer. */
  committed = false;

  readonly #exchange: Exchange;
  readonly #planned: PlannedTarget;
  readonly #onFrame: ((frame: Frame) => void) | undefined;
  #call: LaneCall | undefined;
  /** Of the provider as it was when the attempt began. */
  #tenure: Tenure | undefined;
  #held: Frame[] = [];
  #over = false;
  #finish!: (error: ParlanceError | undefined) => void;

  constructor(
    exchange: Exchange,
    planned: PlannedTarget,
    dialects: Dialects,
    onFrame: ((frame: Frame) => void) | undefined,
  ) {
    this.#exchange = exchange;
    this.#planned = planned;
    this.#onFrame = onFrame;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    exchange.losses = new Losses(exchange.strict || planned.target.strict === true);
    exchange.providerHeaders = undefined;
    exchange.attempts.push(beginRecord(planned, exchange.clock));
    exchange.whenCancelled(this);
    exchange.sink.source = this;
    void this.#start(dialects);
  }

  async #start(dialects: Dialects): Promise<void> {
    const { target } = this.#planned;
    try {
      const waiting = target.provider.take();
      const ready = waiting instanceof Promise ? await waiting : waiting;
      if (this.#over) return;
      if (ready === undefined) throw new Error("a provider has no credential to be called with");
      this.#tenure = ready.tenure;
      ready.tenure.begin();
      tellCredential(this.#exchange, ready.credential.name);
      const init: CallInit = { exchange: this.#exchange, target, ready, dialects, events: this };
      const preparing = prepareCall(init);
      if (preparing !== undefined) await preparing;
      if (this.#over) return;
      this.#call = startCall(init);
    } catch (thrown) {
      this.fail(ParlanceError.from(thrown));
    }
  }

  resume(): void {
    this.#call?.resume();
  }

  cancelled(error: ParlanceError): void {
    this.#settle(error);
  }

  head(
    status: number,
    upstreamRequestId: string | undefined,
    forCaller: Readonly<Record<string, string>> | undefined,
  ): void {
    this.#exchange.providerHeaders = forCaller;
    const record = this.#exchange.attempts[this.#exchange.attempts.length - 1];
    if (record === undefined) return;
    record.status = status;
    if (this.#call !== undefined) record.lane = this.#call.lane;
    if (upstreamRequestId !== undefined) record.upstreamRequestId = upstreamRequestId;
  }

  frame(frame: Frame, content: boolean): void {
    if (this.#over) return;
    if (!this.committed) {
      this.#held.push(frame);
      if (this.#held.length > MAX_HELD_FRAMES) {
        this.fail(new ParlanceError("provider_error", "The provider's stream goes on without any content."));
        return;
      }
      if (content) this.#commit();
      return;
    }
    this.#send(frame);
  }

  end(): void {
    if (this.#over) return;
    // An answer may be empty and still whole.
    if (!this.committed) this.#commit();
    if (this.#over) return;
    this.#settle(undefined);
    this.#exchange.sink.close();
  }

  whole(answer: WholeAnswer): void {
    if (this.#over) return;
    this.committed = true;
    this.#exchange.committedAt = this.#exchange.clock.monotonic();
    tellFirstToken(this.#exchange);
    this.#settle(undefined);
    if (answer.bytes === undefined) tellWhole(this.#exchange, answer.value());
    this.#exchange.sink.whole(answer);
  }

  fail(error: ParlanceError): void {
    this.#settle(hideSecrets(error, this.#planned.target.provider.secrets));
  }

  #commit(): void {
    const exchange = this.#exchange;
    this.committed = true;
    exchange.committedAt = exchange.clock.monotonic();
    tellFirstToken(exchange);
    exchange.sink.open();
    const held = this.#held;
    this.#held = [];
    for (const frame of held) {
      if (this.#over) return;
      this.#send(frame);
    }
  }

  #send(frame: Frame): void {
    if (frame.bytes === undefined) this.#complete(frame);
    this.#onFrame?.(frame);
    if (!this.#exchange.sink.frame(frame)) this.#call?.pause();
  }

  /** The last chunk of an answer tells what only the gateway knows: its attempts, losses and cost. */
  #complete(frame: Frame): void {
    const last = frame.chunks[frame.chunks.length - 1];
    if (last?.event.case !== "completionEnd") return;
    const exchange = this.#exchange;
    this.#gather();
    endRecord(exchange, this.#call?.lane, undefined);
    tell(exchange, last.event.value);
  }

  /** Takes what the call has told of usage and finish, and prices it, where there is something to be charged. */
  #gather(error?: ParlanceError): void {
    const exchange = this.#exchange;
    const gleaned = this.#call?.gleaned();
    exchange.usage = gleaned?.usage;
    exchange.finish = gleaned?.finish;
    const { operation } = exchange.ask;
    const answered = (operation === "complete" || operation === "embed") && (error === undefined || this.committed);
    const charged = answered || exchange.usage !== undefined;
    exchange.cost = charged ? costOf(exchange.usage, this.#planned.target.price()) : undefined;
  }

  /** Ends the attempt exactly once, whatever ended it. */
  #settle(error: ParlanceError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const exchange = this.#exchange;
    exchange.whenCancelled(undefined);
    exchange.sink.source = undefined;
    if (error !== undefined) this.#call?.abort();
    this.#tenure?.leave();
    this.#gather(error);
    endRecord(exchange, this.#call?.lane, error);
    this.#tellHealth(error);
    this.#held = [];
    this.#finish(error);
  }

  #tellHealth(error: ParlanceError | undefined): void {
    const { health } = this.#planned.target.provider;
    if (error === undefined) health.succeeded(this.#exchange.stream ? timeToFirstToken(this.#exchange) : undefined);
    else health.failed(error);
  }
}
