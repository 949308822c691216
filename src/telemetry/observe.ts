import type { Exchange } from "../core/exchange.js";
import type { Refusal } from "../core/gateway.js";
import { costText } from "../core/pricing.js";
import type { Stage } from "../core/stage.js";
import type { WriteRecord } from "../core/write-record.js";
import { AttemptKind, FinishReason, type ParlanceError } from "../sdk/index.js";
import { attemptFacts, laneWord } from "./attempt-facts.js";

/** Failed attempts in a line; `attempts` tells how many there were. */
const MOST_FAILED = 20;

/** One log line for every exchange, written when it has ended. Bodies, prompts and credentials are not part of it. */
export function createObservation(write: WriteRecord): Stage {
  return {
    name: "observe",
    settle(exchange) {
      write(levelOf(exchange.error), recordOf(exchange));
    },
  };
}

/** The log line of a request that a door turned away. */
export function observeRefusal(write: WriteRecord, { id, door, method, path, error }: Refusal): void {
  write(levelOf(error), {
    msg: "refused",
    request_id: id,
    door,
    method,
    path,
    status: error.rule.http,
    error: error.code,
    error_message: error.message,
    field: error.facts.field,
    error_stack: stackOf(error),
  });
}

/** The log line of a gateway that begins to refuse what is new, with the reason, or that takes it on again. */
export function observeOverload(write: WriteRecord, reason: string | undefined): void {
  if (reason === undefined) write("info", { msg: "load over" });
  else write("error", { msg: "overloaded", reason });
}

function levelOf(error: ParlanceError | undefined): "info" | "warn" | "error" {
  if (error === undefined || error.rule.fault === "caller") return "info";
  // To refuse under load is no fault; that it does is told once, when it begins.
  return error.rule.fault === "provider" || error.code === "overloaded" ? "warn" : "error";
}

function recordOf(exchange: Exchange): Record<string, unknown> {
  const { attempts, usage, error } = exchange;
  const last = attempts[attempts.length - 1];
  const now = exchange.clock.monotonic();
  return {
    msg: "exchange",
    request_id: exchange.id,
    upstream_request_id: last?.upstreamRequestId,
    door: exchange.door,
    operation: exchange.ask.operation,
    method: exchange.through?.method,
    path: exchange.through?.pattern,
    model: exchange.model === "" ? undefined : exchange.model,
    stream: exchange.stream,
    provider: last?.provider,
    target: last?.target,
    credential: last?.credential,
    lane: last && laneWord(last.lane),
    upstream_status: exchange.through === undefined ? undefined : last?.status,
    attempts: attempts.length,
    failed_attempts: attempts.length === 0 ? undefined : failedAttempts(exchange),
    hedges: countOf(exchange, AttemptKind.HEDGE),
    continuations: countOf(exchange, AttemptKind.CONTINUATION),
    explained: exchange.explain === undefined ? undefined : true,
    ttft_ms: exchange.committedAt === undefined ? undefined : round(exchange.committedAt - exchange.startedAt),
    duration_ms: round(now - exchange.startedAt),
    input_tokens: usage?.inputTokens,
    output_tokens: usage?.outputTokens,
    cache_read_tokens: usage?.cacheReadTokens,
    reasoning_tokens: usage?.reasoningTokens,
    finish: exchange.finish === undefined ? undefined : FinishReason[exchange.finish.reason]?.toLowerCase(),
    cost: costText(exchange.cost),
    losses: exchange.losses.list.length === 0 ? undefined : exchange.losses.list.map((loss) => loss.path),
    error: error?.code,
    error_message: error?.message,
    error_stack: stackOf(error),
  };
}

/** A fault of our own is of no use without where it came from; its text is ours, not a provider's. */
function stackOf(error: ParlanceError | undefined): string | undefined {
  return error?.code === "internal" && error.cause instanceof Error ? error.cause.stack : undefined;
}

function failedAttempts({ attempts }: Exchange): unknown {
  const failed = attempts.filter((attempt) => attempt.errorMessage !== undefined);
  if (failed.length === 0) return undefined;
  return failed.slice(0, MOST_FAILED).map(attemptFacts);
}

function countOf({ attempts }: Exchange, kind: AttemptKind): number | undefined {
  let count = 0;
  for (const attempt of attempts) if (attempt.kind === kind) count += 1;
  return count === 0 ? undefined : count;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
