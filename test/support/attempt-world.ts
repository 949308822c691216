import type { MessageInitShape } from "@bufbuild/protobuf";
import { vi } from "vitest";
import type { AnswerSink, FrameSource, WholeAnswer } from "../../src/core/answer.js";
import type { Clock } from "../../src/core/clock.js";
import { Deadlines } from "../../src/core/deadlines.js";
import { Exchange } from "../../src/core/exchange.js";
import { priceOf } from "../../src/core/pricing.js";
import { ProviderHealth } from "../../src/core/provider-health.js";
import type { RoutePolicy } from "../../src/core/route-policy.js";
import type { PlannedTarget, ReadyProvider, Target } from "../../src/core/target.js";
import { createPipeline } from "../../src/core/stage.js";
import { createTenure } from "../../src/core/tenure.js";
import { systemTimers } from "../../src/core/timers.js";
import { type BreakerConfigSchema, ConfigSchema } from "../../src/gen/parlance/config/v1/config_pb.js";
import { withCascade } from "../../src/resilience/cascade.js";
import { withContinuation } from "../../src/resilience/continuation.js";
import { CredentialRests } from "../../src/resilience/credential-rests.js";
import { RetryBudgets } from "../../src/resilience/retry-budget.js";
import { createTargetStates, type TargetStates } from "../../src/resilience/target-states.js";
import { createShadows, withShadows, type ShadowOptions, type Shadows } from "../../src/resilience/shadow.js";
import { createAttemptLoop } from "../../src/resilience/walk-plan.js";
import {
  ChatRequestSchema,
  chunks,
  create,
  FinishReason,
  ParlanceError,
  type Provider,
  Role,
  UsageSchema,
} from "../../src/sdk/index.js";
import { settingsOfTargets } from "../../src/settings-of-targets.js";
import { retryPolicy } from "./retry-policy.js";

/** A clock that moves with vitest's timers. */
export const heldClock: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** States of targets that no breaker shuts out, but for what is given. */
export function freeStates(given: MessageInitShape<typeof BreakerConfigSchema> = {}): TargetStates {
  const breaker = { failures: 0, failurePercent: 0, ...given };
  const config = create(ConfigSchema, { resilience: { breaker } });
  return createTargetStates(heldClock, new Deadlines(), settingsOfTargets(config));
}

/** Holds all that attempts wait for; `vi.useRealTimers` lets go. */
export function holdTime(): void {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
}

/** What a provider does with a chat: its events. */
export type Says = NonNullable<Provider["complete"]>;

/** How a provider answers; times in milliseconds. */
export interface Speech {
  /** Until its first word. */
  readonly firstMs: number;
  readonly words?: readonly string[];
  /** Between two words, and before the end. */
  readonly gapMs?: number;
  /** Fails in the place of the first word, or after that many. */
  readonly error?: ParlanceError;
  readonly errorAfter?: number;
  /** Tells when it is ended before its end: milliseconds from its start. */
  readonly aborted?: (afterMs: number) => void;
  /** What it tells of the prompt before its first word. */
  readonly early?: boolean;
  /** Absent means that it stops by itself. */
  readonly finish?: FinishReason;
}

/** Speaks as each call's turn in `speech` has it. */
export function speaking(speech: () => Speech): Says {
  return async function* (_request, { signal }) {
    const {
      firstMs,
      words = ["one ", "two"],
      gapMs = 0,
      error,
      errorAfter = 0,
      aborted,
      early = false,
      finish = FinishReason.STOP,
    } = speech();
    const began = performance.now();
    signal.addEventListener("abort", () => aborted?.(performance.now() - began));
    yield chunks.completionStart({ id: "c", model: "m" });
    yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
    if (early) yield chunks.usage(create(UsageSchema, { inputTokens: 7, outputTokens: 0 }));
    await wait(firstMs, signal);
    for (const [index, word] of words.entries()) {
      if (error !== undefined && index === errorAfter) throw error;
      if (index > 0) await wait(gapMs, signal);
      yield chunks.textDelta(0, 0, word);
    }
    await wait(gapMs, signal);
    yield chunks.partEnd(0, 0);
    yield chunks.finish(0, { reason: finish });
    yield chunks.usage(create(UsageSchema, { inputTokens: 10, outputTokens: words.length }));
    yield chunks.completionEnd({});
  };
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new ParlanceError("cancelled", "It was ended."));
    });
  });
}

/** A target whose provider speaks the vocabulary itself, at a price of one dollar for a million tokens in and two for out. */
export function targetOf(name: string, says: Says, view: Target["view"], price = { input: "1", output: "2" }): Target {
  const ready: ReadyProvider = {
    provider: { complete: says },
    traits: () => undefined,
    upstream: undefined,
    headers: [],
    timeouts: {
      connectMs: 10_000,
      firstByteMs: 300_000,
      idleMs: 300_000,
      firstContentMs: 300_000,
      minRate: 0,
      attemptMs: undefined,
    },
    tenure: createTenure(),
    credential: { place: 0, name: undefined },
  };
  const known = priceOf(price);
  return {
    name: `${name}/m`,
    provider: {
      name,
      plugin: name,
      credentials: [undefined],
      health: new ProviderHealth(heldClock),
      secrets: [],
      ready: () => ready,
      take: () => ready,
    },
    upstreamModel: "m",
    price: () => known,
    view,
    facts: () => ({}),
  };
}

/** A client's side that remembers. */
export class KeptAnswer implements AnswerSink {
  source: FrameSource | undefined;
  text = "";
  opened = 0;
  ended: "close" | "whole" | "fail" | undefined;
  error: ParlanceError | undefined;
  answer: WholeAnswer | undefined;
  /** Monotonic milliseconds of the first content. */
  firstAt: number | undefined;
  /** The events of a stream's end. */
  readonly cases: string[] = [];
  /** What `frame` answers. */
  takes = true;

  whole(answer: WholeAnswer): void {
    this.#end("whole");
    this.firstAt = performance.now();
    this.answer = answer;
  }

  open(): void {
    this.opened += 1;
    this.firstAt = performance.now();
  }

  frame({
    chunks,
  }: {
    readonly chunks: readonly { readonly event: { case?: string | undefined; value?: unknown } }[];
  }) {
    for (const { event } of chunks) {
      this.cases.push(event.case ?? "");
      if (event.case === "textDelta") this.text += (event.value as { text: string }).text;
    }
    return this.takes;
  }

  close(): void {
    this.#end("close");
  }

  fail(error: ParlanceError): void {
    this.#end("fail");
    this.error = error;
  }

  #end(how: "close" | "whole" | "fail"): void {
    if (this.ended !== undefined) throw new Error(`an exchange ended twice: ${this.ended}, then ${how}`);
    this.ended = how;
  }
}

/** A chat on its way to its attempts. */
export function exchangeOf(
  plan: readonly PlannedTarget[],
  policy: Partial<RoutePolicy>,
  sink: AnswerSink,
  stream = true,
): Exchange {
  const chat = create(ChatRequestSchema, {
    model: "smart",
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hello there, you!" } } }] }],
  });
  const exchange = new Exchange({
    id: "r",
    door: "test",
    ask: { operation: "complete", wire: undefined, chat },
    model: "smart",
    stream,
    strict: false,
    sink,
    clock: heldClock,
    routing: undefined,
  });
  exchange.plan = plan;
  exchange.policy = {
    retry: retryPolicy({ retries: 0 }),
    hedge: undefined,
    shadows: [],
    onCut: "fail",
    timeoutMs: undefined,
    contextFallbacks: () => [],
    contentFallbacks: () => [],
    ...policy,
  };
  return exchange;
}

/** Takes an exchange through its attempts. */
export type HeldLoop = ((exchange: Exchange) => Promise<void>) & { readonly shadows: Shadows };

/** The whole room around the loop on held time, with retries that do not wait. */
export function loopOver(states: TargetStates, shadowing: Partial<ShadowOptions> = {}): HeldLoop {
  const attempts = {
    dialects: { chat: [], embeddings: [] } as never,
    deadlines: new Deadlines(),
    states,
    totalMs: 60_000,
    rests: new CredentialRests(heldClock),
    longestRestMs: 0,
    random: () => 0,
  };
  const shadows = createShadows({ ...attempts, write: () => {}, tenure: createTenure(), ...shadowing });
  const timers = systemTimers;
  const budgets = new RetryBudgets(heldClock);
  const loop = createAttemptLoop({ ...attempts, timers, retry: retryPolicy(), budgets });
  return Object.assign(createPipeline([], withShadows(shadows, withContinuation(withCascade(loop)))), { shadows });
}
