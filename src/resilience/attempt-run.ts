import type { FrameSource, WholeAnswer } from "../core/answer.js";
import type { CallTimeouts } from "../core/call-timeouts.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Dialects } from "../core/dialects.js";
import type { CancelListener, Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import { hideSecrets } from "../core/hide-secrets.js";
import type { LaneCall, LaneEvents } from "../core/lanes/lane.js";
import type { CallInit } from "../core/lanes/call-init.js";
import { prepareCall } from "../core/lanes/prepare-call.js";
import { startCall } from "../core/lanes/start-call.js";
import { costOf, totalCost } from "../core/pricing.js";
import type { PlannedTarget, ReadyProvider } from "../core/target.js";
import { type Attempt, type AttemptKind, Losses, ParlanceError } from "../sdk/index.js";
import { beginRecord, endRecord, tellFirstToken, timeToFirstToken } from "./attempt-record.js";
import type { CredentialChoice } from "./credential-choice.js";
import { declined } from "./declined.js";
import type { Leave } from "./leave.js";
import type { Run } from "./run.js";
import { hasTimeLimits, type TimeLimited, TimeLimits, type Timekeeping } from "./time-limits.js";
import { tell, tellWhole } from "./tell-answer.js";

/** Most opening frames that wait for the first content, such as a long run of pings. */
const MAX_HELD_FRAMES = 10_000;
/** Most bytes of them, where they pass as they came. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** What an attempt is made from. */
export interface AttemptRunInit {
  readonly exchange: Exchange;
  readonly planned: PlannedTarget;
  readonly dialects: Dialects;
  /** Sees each frame before the client does. */
  readonly onFrame: ((frame: Frame) => void) | undefined;
  /** Settled with the attempt. */
  readonly leave: Leave;
  readonly credentials: CredentialChoice;
  readonly deadlines: Deadlines;
  readonly kind: AttemptKind;
  /** Milliseconds that passed before it could begin; 0 means none. */
  readonly waitMs: number;
}

/** One call of one target, from its start to its settlement. */
export class AttemptRun implements Run, LaneEvents, FrameSource, CancelListener, TimeLimited {
  readonly ended: Promise<ParlanceError | undefined>;
  committed = false;

  readonly #exchange: Exchange;
  readonly #planned: PlannedTarget;
  readonly #onFrame: ((frame: Frame) => void) | undefined;
  readonly #leave: Leave;
  readonly #credentials: CredentialChoice;
  readonly #record: Attempt;
  readonly #startedAt: number;
  #call: LaneCall | undefined;
  /** The provider as it was when the attempt began. */
  #ready: ReadyProvider | undefined;
  #limits: TimeLimits | undefined;
  #held: Frame[] = [];
  #heldBytes = 0;
  #paused = false;
  #over = false;
  #finish!: (error: ParlanceError | undefined) => void;

  constructor(init: AttemptRunInit) {
    const { exchange, planned, dialects, onFrame, leave, credentials, deadlines, kind, waitMs } = init;
    this.#exchange = exchange;
    this.#planned = planned;
    this.#onFrame = onFrame;
    this.#leave = leave;
    this.#credentials = credentials;
    this.#startedAt = exchange.clock.monotonic();
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    exchange.losses = new Losses(exchange.strict || planned.target.strict === true);
    exchange.providerHeaders = undefined;
    this.#record = beginRecord(planned, kind, waitMs, exchange.clock);
    exchange.attempts.push(this.#record);
    exchange.sink.source = this;
    exchange.whenCancelled(this);
    void this.#start(dialects, deadlines);
  }

  async #start(dialects: Dialects, deadlines: Deadlines): Promise<void> {
    const { target } = this.#planned;
    try {
      const waiting = target.provider.take(this.#credentials.excluded(target, this.#record.kind));
      const ready = waiting instanceof Promise ? await waiting : waiting;
      if (this.#over) return;
      if (ready === undefined) throw this.#credentials.noneLeft(target);
      this.#ready = ready;
      ready.tenure.begin();
      this.#credentials.began(target, ready);
      if (ready.credential.name !== undefined) this.#record.credential = ready.credential.name;
      const init: CallInit = { exchange: this.#exchange, target, ready, dialects, events: this };
      const preparing = prepareCall(init);
      if (preparing !== undefined) await preparing;
      if (this.#over) return;
      this.#call = startCall(init);
      this.#limit(ready.timeouts, { clock: this.#exchange.clock, deadlines });
    } catch (thrown) {
      this.fail(ParlanceError.from(thrown));
    }
  }

  /** A call may have ended where it began. */
  #limit(timeouts: CallTimeouts, time: Timekeeping): void {
    const { stream } = this.#exchange;
    if (this.#over || !hasTimeLimits(timeouts, stream)) return;
    this.#limits = new TimeLimits(this, timeouts, stream, time);
  }

  resume(): void {
    this.#paused = false;
    this.#limits?.resumed();
    this.#call?.resume();
  }

  received(): number {
    return this.#call?.received() ?? 0;
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
    const record = this.#record;
    record.status = status;
    if (this.#call !== undefined) record.lane = this.#call.lane;
    if (upstreamRequestId !== undefined) record.upstreamRequestId = upstreamRequestId;
  }

  frame(frame: Frame, content: boolean): void {
    if (this.#over) return;
    if (!this.committed) {
      this.#held.push(frame);
      this.#heldBytes += frame.bytes?.length ?? 0;
      if (!content && (this.#held.length > MAX_HELD_FRAMES || this.#heldBytes > MAX_HELD_BYTES)) {
        this.fail(new ParlanceError("malformed_answer", "The provider's stream goes on without any content."));
        return;
      }
      if (content) this.#commit();
      return;
    }
    this.#send(frame);
  }

  end(): void {
    if (this.#over) return;
    if (!this.committed && this.#isDeclined(undefined)) return;
    // An answer may be empty and still whole.
    if (!this.committed) this.#commit();
    if (this.#over) return;
    this.#settle(undefined);
    this.#exchange.sink.close();
  }

  whole(answer: WholeAnswer): void {
    if (this.#over || this.#isDeclined(answer)) return;
    this.committed = true;
    this.#exchange.committedAt = this.#exchange.clock.monotonic();
    tellFirstToken(this.#record, this.#exchange.clock);
    this.#leave.answered(this.#exchange.committedAt - this.#startedAt);
    this.#settle(undefined);
    if (answer.bytes === undefined) tellWhole(this.#exchange, answer.value());
    this.#exchange.sink.whole(answer);
  }

  fail(error: ParlanceError): void {
    this.#settle(hideSecrets(error, this.#planned.target.provider.secrets));
  }

  /** Ends an attempt whose answer another target is to give. */
  #isDeclined(answer: WholeAnswer | undefined): boolean {
    const error = declined(this.#exchange, this.#call?.gleaned().finish, answer);
    if (error !== undefined) this.fail(error);
    return error !== undefined;
  }

  #commit(): void {
    const exchange = this.#exchange;
    this.committed = true;
    exchange.committedAt = exchange.clock.monotonic();
    tellFirstToken(this.#record, exchange.clock);
    this.#leave.answered(exchange.committedAt - this.#startedAt);
    this.#limits?.committed();
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
    if (this.#exchange.sink.frame(frame)) return;
    this.#paused = true;
    this.#limits?.paused();
    this.#call?.pause();
  }

  /** The last chunk of an answer tells what only the gateway knows: its attempts, losses and cost. */
  #complete(frame: Frame): void {
    const last = frame.chunks[frame.chunks.length - 1];
    if (last?.event.case !== "completionEnd") return;
    const exchange = this.#exchange;
    this.#gather();
    endRecord(this.#record, exchange.clock, this.#call?.lane, undefined);
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
    const record = this.#record;
    record.usage = exchange.usage;
    record.cost = charged ? costOf(exchange.usage, this.#planned.target.price()) : undefined;
    exchange.cost = totalCost(exchange.attempts);
  }

  /** Ends the attempt exactly once, whatever ended it. */
  #settle(error: ParlanceError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const exchange = this.#exchange;
    exchange.whenCancelled(undefined);
    exchange.sink.source = undefined;
    this.#limits?.stop();
    // What is still to be read of an answer that is whole must not keep its connection because the caller was slow.
    if (error !== undefined) this.#call?.abort();
    else if (this.#paused) this.#call?.resume();
    this.#ready?.tenure.leave();
    this.#gather(error);
    endRecord(this.#record, exchange.clock, this.#call?.lane, error);
    if (this.#ready !== undefined) this.#credentials.ended(this.#planned.target, this.#ready, error);
    this.#tellHealth(error);
    const several = this.#planned.target.provider.credentials.length > 1;
    this.#leave.settle({
      error,
      ofCredential: several && error?.code === "provider_unauthenticated",
      ttftMs: timeToFirstToken(this.#record),
      durationMs: exchange.clock.monotonic() - this.#startedAt,
      outputTokens: exchange.usage?.outputTokens,
    });
    this.#held = [];
    this.#finish(error);
  }

  #tellHealth(error: ParlanceError | undefined): void {
    const { health } = this.#planned.target.provider;
    if (error === undefined) health.succeeded(this.#exchange.stream ? timeToFirstToken(this.#record) : undefined);
    else health.failed(error);
  }
}
