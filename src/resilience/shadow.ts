import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Dialects } from "../core/dialects.js";
import type { Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import type { ShadowPolicy } from "../core/route-policy.js";
import type { Answerer } from "../core/stage.js";
import type { Tenure } from "../core/tenure.js";
import type { WriteRecord } from "../core/write-record.js";
import { AttemptKind, type Chunk, ParlanceError } from "../sdk/index.js";
import { AnswerKeeper } from "./answer-keeper.js";
import { AttemptRun } from "./attempt-run.js";
import { compareAnswers } from "./compare-answers.js";
import { CredentialChoice } from "./credential-choice.js";
import type { CredentialRests } from "./credential-rests.js";
import type { Leave } from "./leave.js";
import { mayBeDoubled } from "./may-be-doubled.js";
import type { TargetStates } from "./target-states.js";

/** What shadows stand on. */
export interface ShadowOptions {
  readonly dialects: Dialects;
  readonly deadlines: Deadlines;
  readonly states: TargetStates;
  readonly rests: CredentialRests;
  /** Most that a credential rests after a failure, in milliseconds; 0 means not at all. */
  readonly longestRestMs: number;
  /** Most time for a copy, in milliseconds, as for an exchange. */
  readonly totalMs: number;
  /** A number from 0 to less than 1. */
  readonly random: () => number;
  readonly write: WriteRecord;
  /** Of the snapshot, which must not be closed while copies run on it. */
  readonly tenure: Tenure;
}

/** Copies of requests at other targets, whose answers reach nobody and are compared in the log. */
export interface Shadows {
  /** Those of a request that are to be made; undefined where there are none. To be asked once for each. */
  of(exchange: Exchange): readonly ShadowPolicy[] | undefined;
  /** The client has its answer: a copy begins. */
  begin(policy: ShadowPolicy, exchange: Exchange, primary: AnswerKeeper): void;
  /** Ends every copy that runs. */
  end(error: ParlanceError): void;
}

/** Has some of the requests that are answered copied. */
export function withShadows(shadows: Shadows, loop: Answerer): Answerer {
  return (exchange, onFrame) => {
    const { policy } = exchange;
    const chosen = policy === undefined || policy.shadows.length === 0 ? undefined : shadows.of(exchange);
    return chosen === undefined ? loop(exchange, onFrame) : answerAndCopy(shadows, chosen, loop, exchange, onFrame);
  };
}

async function answerAndCopy(
  shadows: Shadows,
  chosen: readonly ShadowPolicy[],
  loop: Answerer,
  exchange: Exchange,
  onFrame: ((frame: Frame) => void) | undefined,
): Promise<void> {
  const client = exchange.sink;
  const kept = new KeepingSink(client);
  exchange.sink = kept;
  try {
    await loop(exchange, onFrame);
  } finally {
    exchange.sink = client;
  }
  // What several targets said together cannot be compared with what one says.
  if (exchange.attempts.some(({ kind }) => kind === AttemptKind.CONTINUATION)) return;
  for (const policy of chosen) shadows.begin(policy, exchange, kept.answer);
}

/** Passes an answer on to the client, and keeps it. */
class KeepingSink implements AnswerSink {
  readonly answer = new AnswerKeeper();
  readonly #client: AnswerSink;

  constructor(client: AnswerSink) {
    this.#client = client;
  }

  get source(): FrameSource | undefined {
    return this.#client.source;
  }

  set source(source: FrameSource | undefined) {
    this.#client.source = source;
  }

  whole(answer: WholeAnswer): void {
    this.#client.whole(answer);
    this.answer.whole(answer);
  }

  open(): void {
    this.#client.open();
  }

  frame(frame: Frame): boolean {
    this.answer.frame(frame);
    return this.#client.frame(frame);
  }

  follow(chunks: readonly Chunk[]): void {
    this.#client.follow?.(chunks);
  }

  close(): void {
    this.#client.close();
  }

  fail(error: ParlanceError): void {
    this.#client.fail(error);
  }
}

/** How many copies of one configured shadow run, and were left out since its last record. */
interface Count {
  running: number;
  leftOut: number;
}

/**
 * Shadows of a snapshot. A copy begins when the client has its answer, on an exchange of its own that has the same time, and
 * neither waits for a place at its target nor follows a failure: what a client waits for always goes before.
 */
export function createShadows(options: ShadowOptions): Shadows {
  const { random, write, tenure } = options;
  const counts = new Map<string, Count>();
  const running = new Set<Exchange>();

  const start = async (policy: ShadowPolicy, exchange: Exchange, primary: AnswerKeeper): Promise<void> => {
    const count = counts.get(policy.name) ?? { running: 0, leftOut: 0 };
    counts.set(policy.name, count);
    if (count.running >= policy.maxInFlight) {
      count.leftOut += 1;
      return;
    }
    const sink = new ShadowSink();
    const branch = exchange.branch(sink);
    branch.startDeadline(options.deadlines, options.totalMs);
    const leave = admit(policy, branch, options);
    if (leave === undefined) {
      count.leftOut += 1;
      branch.stopDeadline();
      return;
    }
    tenure.begin();
    running.add(branch);
    count.running += 1;
    const error = await new AttemptRun({
      exchange: branch,
      planned: { target: policy.target, reason: "a copy for comparison" },
      dialects: options.dialects,
      deadlines: options.deadlines,
      onFrame: undefined,
      leave,
      credentials: new CredentialChoice(options.rests, options.longestRestMs),
      kind: AttemptKind.FIRST,
      waitMs: 0,
    }).ended;
    branch.stopDeadline();
    running.delete(branch);
    const { leftOut } = count;
    count.running -= 1;
    count.leftOut = 0;
    tenure.leave();
    write("info", compareAnswers({ exchange, primary, copy: branch, shadow: sink.kept, error, leftOut, policy }));
  };

  return {
    of(exchange) {
      const shadows = exchange.policy?.shadows.filter(({ percent }) => random() * 100 < percent) ?? [];
      if (shadows.length === 0 || exchange.plan?.[0]?.pinned === true || !mayBeDoubled(exchange)) return undefined;
      return shadows;
    },
    begin: (policy, exchange, primary) => void start(policy, exchange, primary),
    end(error) {
      for (const copy of running) copy.cancel(error);
    },
  };
}

/** Leave for a copy, unless it would have to wait for it: it must not take the turn of somebody who waits for an answer. */
function admit({ target }: ShadowPolicy, copy: Exchange, { states, rests }: ShadowOptions): Leave | undefined {
  if (rests.unavailable(target) !== undefined) return undefined;
  const admitted = states.admit(target.name, copy, false);
  if (!(admitted instanceof Promise)) return admitted.kind === "leave" ? admitted : undefined;
  copy.cancel(LEFT_OUT);
  void admitted.then((late) => {
    if (late.kind === "leave") {
      late.settle({ error: LEFT_OUT, ttftMs: undefined, durationMs: 0, outputTokens: undefined });
    }
  });
  return undefined;
}

const LEFT_OUT = new ParlanceError("cancelled", "The copy was left out.");

/** Takes what a copy is answered, as fast as it comes. */
class ShadowSink implements AnswerSink {
  source: FrameSource | undefined;
  readonly kept = new AnswerKeeper();

  whole(answer: WholeAnswer): void {
    this.kept.whole(answer);
  }

  open(): void {}

  frame(frame: Frame): boolean {
    this.kept.frame(frame);
    return true;
  }

  close(): void {}

  /** What failed is told by the end of its attempt. */
  fail(): void {}
}
