import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import type { Deadline } from "../core/deadlines.js";
import type { CancelListener, Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import type { PlannedTarget, Target } from "../core/target.js";
import type { Timers } from "../core/timers.js";
import { AttemptKind, ParlanceError } from "../sdk/index.js";
import { AttemptRun, type AttemptRunInit } from "./attempt-run.js";
import { estimateCost } from "./estimate-cost.js";
import type { HedgeAllowance } from "./hedge-allowance.js";
import type { Leave, Refusal } from "./leave.js";
import type { Run } from "./run.js";
import { retell, retellWhole } from "./tell-answer.js";

/** What a race is made from: the first attempt, and who may be asked beside it. */
export interface RaceInit extends AttemptRunInit {
  /** Targets of the plan that follow the first. */
  readonly further: readonly PlannedTarget[];
  /** Milliseconds that the first may be without content before another is asked. */
  readonly afterMs: number;
  readonly timers: Timers;
  readonly allowance: HedgeAllowance;
  readonly admit: (target: Target, exchange: Exchange) => Leave | Refusal | Promise<Leave | Refusal>;
}

/** Why a target did not answer. */
interface FailedTarget {
  readonly target: Target;
  readonly error: ParlanceError;
}

/**
 * An attempt beside which a second target is asked when it is slow. Each runs on an exchange of its own; the first content
 * wins, the other is ended at once, and what it told never reaches the client.
 */
export class Race implements Run, CancelListener, FrameSource {
  readonly ended: Promise<ParlanceError | undefined>;
  /** Where the race's end stands in the plan, as steps after its first target: that of the winner, or of the last asked. */
  ahead = 0;

  readonly #init: RaceInit;
  readonly #lanes: Lane[] = [];
  readonly #timer: Deadline;
  #winner: Lane | undefined;
  /** Why targets before the second were not asked. */
  #refused: readonly FailedTarget[] = [];
  /** Of the second target: steps after the first. */
  #step = 0;
  /** A second target that has not got leave yet. */
  #waiting: Lane | undefined;
  #over = false;
  #finish!: (error: ParlanceError | undefined) => void;

  constructor(init: RaceInit) {
    this.#init = init;
    const { exchange } = init;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#timer = init.timers.after(init.afterMs, () => void this.#askAnother());
    exchange.sink.source = this;
    this.#start(new Lane(this, init.planned), init.leave, init.kind);
    exchange.whenCancelled(this);
  }

  /** Why targets before the one at the race's end did not answer. */
  get failures(): readonly FailedTarget[] {
    if (this.ahead === 0) return [];
    const [first] = this.#lanes;
    const failed = first?.failure === undefined ? [] : [{ target: first.planned.target, error: first.failure }];
    return [...failed, ...this.#refused];
  }

  get committed(): boolean {
    return this.#winner !== undefined;
  }

  resume(): void {
    this.#winner?.source?.resume();
  }

  cancelled(error: ParlanceError): void {
    this.#waiting?.exchange.cancel(error);
    for (const lane of this.#lanes) lane.exchange.cancel(error);
  }

  /** For lanes alone: content has come in one of them. */
  won(winner: Lane): void {
    if (this.#winner !== undefined) return;
    this.#winner = winner;
    this.#timer.cancel();
    // Most races have one lane: an error costs more than the race.
    if (this.#lanes.length === 1 && this.#waiting === undefined) return;
    const overtaken = new ParlanceError("cancelled", `${winner.planned.target.name} answered first.`);
    this.#waiting?.exchange.cancel(overtaken);
    for (const lane of this.#lanes) if (lane !== winner) lane.lose(overtaken);
  }

  /** For lanes alone: the client's side of the exchange. */
  get parent(): Exchange {
    return this.#init.exchange;
  }

  /** For lanes alone. */
  get onFrame(): AttemptRunInit["onFrame"] {
    return this.#init.onFrame;
  }

  /** Asks the next target that may be called, unless the first has answered or failed, or the allowance is spent. */
  async #askAnother(): Promise<void> {
    const { further, admit, allowance, planned: first, afterMs } = this.#init;
    if (!allowance.take()) return;
    const refused: FailedTarget[] = [];
    for (const [index, planned] of further.entries()) {
      const reason = `asked beside ${first.target.name}, without content for ${Math.round(afterMs)} ms; ${planned.reason}`;
      const lane = new Lane(this, { ...planned, reason });
      this.#waiting = lane;
      const admitted = admit(planned.target, lane.exchange);
      const leave = admitted instanceof Promise ? await admitted : admitted;
      this.#waiting = undefined;
      if (this.#over || this.#winner !== undefined) {
        if (leave.kind === "leave") letGo(leave);
        break;
      }
      if (leave.kind === "refusal") {
        const { code, reason: why, retryAfterMs } = leave;
        const error = new ParlanceError(code, `The target is not called: ${why}.`, { retryAfterMs });
        refused.push({ target: planned.target, error });
        continue;
      }
      this.#step = index + 1;
      this.#refused = refused;
      this.#start(lane, leave, AttemptKind.HEDGE);
      return;
    }
    allowance.giveBack();
  }

  #start(lane: Lane, leave: Leave, kind: AttemptKind): void {
    this.#lanes.push(lane);
    const run = lane.start({ ...this.#init, leave, kind, waitMs: kind === AttemptKind.HEDGE ? 0 : this.#init.waitMs });
    this.parent.attempts.push(...lane.exchange.attempts);
    void run.ended.then(() => this.#laneEnded(lane));
  }

  #laneEnded(lane: Lane): void {
    if (this.#over || (this.#winner !== undefined && this.#winner !== lane)) return;
    const other = this.#lanes.find((one) => one.isRunning);
    if (other !== undefined) {
      lane.tellNext(`${other.planned.target.name}, asked beside it, goes on`);
      return;
    }
    // Where both have failed, the walk goes on after the second.
    const end = this.#winner ?? this.#lanes.at(-1) ?? lane;
    if (end !== lane) {
      lane.tellNext(`${end.planned.target.name}, asked beside it, had failed before`);
      // What it was followed by is told by the walk.
      end.tellNext("");
    }
    this.#over = true;
    this.#timer.cancel();
    this.#waiting?.exchange.cancel(OVER);
    if (end !== this.#lanes[0]) this.ahead = this.#step;
    const { parent } = this;
    parent.adopt(end.exchange);
    parent.whenCancelled(undefined);
    parent.sink.source = undefined;
    this.#finish(end.failure);
  }
}

const OVER = new ParlanceError("cancelled", "The race is over.");

/** Gives back leave that came too late to be used. */
function letGo(leave: Leave): void {
  leave.settle({ error: OVER, ttftMs: undefined, durationMs: 0, outputTokens: undefined });
}

/** One attempt of a race, and the sink of its exchange: what comes of it goes to the client only when it has won. */
class Lane implements AnswerSink {
  source: FrameSource | undefined;
  readonly exchange: Exchange;
  readonly planned: PlannedTarget;
  isRunning = false;
  /** How it failed; undefined while it runs, and when it answered. */
  failure: ParlanceError | undefined;
  readonly #race: Race;
  #overtaken = false;

  constructor(race: Race, planned: PlannedTarget) {
    this.#race = race;
    this.planned = planned;
    this.exchange = race.parent.branch(this);
  }

  /** `init`: for its own target and exchange. */
  start(init: Omit<AttemptRunInit, "exchange" | "planned" | "onFrame">): Run {
    this.isRunning = true;
    const { exchange, planned } = this;
    const settle: Leave["settle"] = (outcome) => {
      this.isRunning = false;
      if (!this.#overtaken) this.failure = outcome.error;
      init.leave.settle(this.#overtaken ? { ...outcome, overtaken: true } : outcome);
    };
    const leave: Leave = { kind: "leave", answered: (ms) => init.leave.answered(ms), settle };
    return new AttemptRun({ ...init, exchange, planned, onFrame: undefined, leave });
  }

  /** Ends it because another was quicker. */
  lose(overtaken: ParlanceError): void {
    if (!this.isRunning) return;
    this.#overtaken = true;
    this.exchange.cancel(overtaken);
    const record = this.exchange.attempts.at(-1);
    if (record !== undefined) estimateCost(record, this.exchange, this.planned.target);
    this.tellNext(overtaken.message);
  }

  tellNext(words: string): void {
    const record = this.exchange.attempts.at(-1);
    if (record !== undefined) record.next = words;
  }

  open(): void {
    this.#win();
    this.#race.parent.sink.open();
  }

  whole(answer: WholeAnswer): void {
    this.#win();
    const { parent } = this.#race;
    if (answer.bytes === undefined) retellWhole(parent, answer.value());
    parent.sink.whole(answer);
  }

  frame(frame: Frame): boolean {
    const { parent, onFrame } = this.#race;
    const last = frame.bytes === undefined ? frame.chunks.at(-1) : undefined;
    if (last?.event.case === "completionEnd") {
      parent.adopt(this.exchange);
      retell(parent, last.event.value);
    }
    onFrame?.(frame);
    return parent.sink.frame(frame);
  }

  close(): void {
    const { parent } = this.#race;
    parent.adopt(this.exchange);
    parent.sink.close();
  }

  /** What failed is told by the end of its attempt. */
  fail(): void {}

  #win(): void {
    this.#race.won(this);
    this.#race.parent.adopt(this.exchange);
  }
}
