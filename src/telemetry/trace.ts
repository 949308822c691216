import {
  type Attributes,
  context,
  type HrTime,
  propagation,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Exchange, Operation } from "../core/exchange.js";
import { costText } from "../core/pricing.js";
import type { Stage } from "../core/stage.js";
import { type Attempt, FinishReason } from "../sdk/index.js";
import { attemptFacts } from "./attempt-facts.js";

const NAME = "parlance";
/** Attempts that are told in a span: what records spans drops events beyond 128 of them. */
const MOST_EVENTS = 64;

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-operation-name; the rest are our own. */
const OPERATIONS: Readonly<Record<Operation, string>> = {
  complete: "chat",
  embed: "embeddings",
  count_tokens: "count_tokens",
  pass_through: "pass_through",
};

/**
 * One span for every exchange, made when it has ended, with an event for each attempt. Nothing is made where nobody has
 * registered a tracer provider, or it does not sample the exchange. A caller's `traceparent` is the span's parent where a
 * propagator is registered that reads it.
 */
export function createTracing(): Stage {
  return {
    name: "trace",
    settle(exchange) {
      const tracer = findTracer();
      if (tracer !== undefined) tell(exchange, tracer);
    },
  };
}

/** The registered provider's; undefined where there is none, which is cheaper to see than to build for nobody. */
function findTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(NAME) : provider.getTracer(NAME);
}

function tell(exchange: Exchange, tracer: Tracer): void {
  const end = exchange.clock.wall();
  const startTime = sinceEpoch(end - (exchange.clock.monotonic() - exchange.startedAt));
  const { caller } = exchange;
  const parent = caller === undefined ? context.active() : propagation.extract(context.active(), caller, HEADERS);
  const span = tracer.startSpan("parlance.exchange", { startTime, kind: SpanKind.SERVER }, parent);
  if (span.isRecording()) {
    span.setAttributes(attributesOf(exchange));
    for (const attempt of exchange.attempts.slice(0, MOST_EVENTS)) tellAttempt(span, attempt);
    const { error } = exchange;
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
  span.end(sinceEpoch(end));
}

const HEADERS: TextMapGetter<NonNullable<Exchange["caller"]>> = {
  get: (caller, name) => caller.header(name.toLowerCase()),
  keys: () => [],
};

/** `gen_ai.*` as the conventions have them: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ */
function attributesOf(exchange: Exchange): Attributes {
  const { attempts, usage, finish, error } = exchange;
  const last = attempts[attempts.length - 1];
  return known({
    "gen_ai.operation.name": OPERATIONS[exchange.ask.operation],
    "gen_ai.provider.name": last?.provider,
    "gen_ai.request.model": exchange.model === "" ? undefined : exchange.model,
    "gen_ai.response.model": last?.upstreamModel,
    "gen_ai.usage.input_tokens": usage?.inputTokens,
    "gen_ai.usage.output_tokens": usage?.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage?.cacheReadTokens,
    "gen_ai.usage.cache_creation.input_tokens": usage?.cacheWriteTokens,
    "gen_ai.response.finish_reasons": finish && [(FinishReason[finish.reason] ?? "").toLowerCase()],
    "error.type": error?.code,
    "parlance.request_id": exchange.id,
    "parlance.door": exchange.door,
    "parlance.stream": exchange.stream,
    "parlance.attempts": attempts.length,
    "parlance.target": last?.target,
    "parlance.cost": costText(exchange.cost),
    "parlance.ttft_ms": exchange.committedAt === undefined ? undefined : exchange.committedAt - exchange.startedAt,
    "parlance.losses": exchange.losses.list.length,
  });
}

function tellAttempt(span: Span, attempt: Attempt): void {
  const facts = attemptFacts(attempt);
  const attributes: Attributes = { "parlance.attempt.reason": attempt.reason };
  for (const name in facts) attributes[`parlance.attempt.${name}`] = facts[name];
  const { startTime } = attempt;
  span.addEvent("parlance.attempt", known(attributes), startTime && [Number(startTime.seconds), startTime.nanos]);
}

/** Of milliseconds; a number by itself would be taken for one since the process began where it is a small one. */
function sinceEpoch(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1_000_000)];
}

function known(attributes: Attributes): Attributes {
  for (const name in attributes) if (attributes[name] === undefined) delete attributes[name];
  return attributes;
}
