import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { toDuration } from "../config/duration.js";
import { durationInWords } from "../core/duration-words.js";
import {
  BreakerState,
  type Target,
  type TargetCredential,
  TargetCredentialSchema,
  TargetSchema,
} from "../gen/parlance/admin/v1/target_pb.js";
import type { Breaker } from "../resilience/breaker.js";
import type { TargetState } from "../resilience/target-state.js";
import { ERRORS, invalid, nearest, ParlanceError } from "../sdk/index.js";
import { isOneOf, patternsOf, type TargetFacts } from "./target-facts.js";

/** What an operator sees of targets and does to them. What names a target throws `not_found` with near names. */
export interface TargetDesk {
  /** Sorted by name. */
  list(): Target[];
  get(name: string): Target;
  /** Opens its breaker; `ms` undefined means for as long as it is configured. */
  trip(name: string, ms: number | undefined): Target;
  /** Closes its breaker, lets its credentials in again, forgets its failures and ends a drain. */
  reset(name: string): Target;
  drain(name: string): Target;
}

/** The desk over what is known. */
export function createTargetDesk(facts: TargetFacts): TargetDesk {
  const stateOf = (name: string): TargetState => {
    if (name === "") throw invalid("name", "name is required: provider/model.");
    const state = facts.states.find(name);
    if (state !== undefined) return state;
    const suggestions = nearest(
      name,
      [...facts.states.all()].map(([known]) => known),
    );
    const near = suggestions.length === 0 ? "" : ` Near names: ${suggestions.join(", ")}.`;
    throw new ParlanceError("not_found", `There is no target "${name}".${near}`, { suggestions });
  };
  const after = (name: string, act: (state: TargetState) => void): Target => {
    const state = stateOf(name);
    act(state);
    return toTarget(name, state, facts, modelsBy(facts));
  };
  return {
    list() {
      const models = modelsBy(facts);
      return [...facts.states.all()]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, state]) => toTarget(name, state, facts, models));
    },
    get: (name) => toTarget(name, stateOf(name), facts, modelsBy(facts)),
    trip: (name, ms) => after(name, (state) => state.trip(ms)),
    reset: (name) =>
      after(name, (state) => {
        facts.rests.reset(providerOf(name));
        state.reset();
      }),
    drain: (name) => after(name, (state) => state.drain()),
  };
}

function providerOf(target: string): string {
  return target.split("/", 1)[0] as string;
}

/** Names of the models that can run on a target. */
type ModelsOf = (target: string) => string[];

function modelsBy(facts: TargetFacts): ModelsOf {
  const all = Object.keys(facts.models())
    .sort()
    .map((model) => ({ model, patterns: patternsOf(facts.models(), model) }));
  return (target) => all.filter(({ patterns }) => isOneOf(patterns, target)).map(({ model }) => model);
}

function toTarget(name: string, state: TargetState, facts: TargetFacts, modelsOf: ModelsOf): Target {
  const { clock } = facts;
  const { breaker, lastError } = state;
  const { attempts, failures, slow } = breaker.counts;
  const { opening } = breaker;
  const latency = state.latency();
  const provider = providerOf(name);
  const rests = facts.rests.list(provider).filter(({ target }) => target === undefined || target === name);
  const whole = rests.find(({ place, leftMs }) => place === undefined && leftMs > 0);
  const isOpen = opening !== undefined && !breaker.isHalfOpen;
  return create(TargetSchema, {
    name,
    provider,
    upstreamModel: name.slice(provider.length + 1),
    models: modelsOf(name),
    breaker: wordOf(breaker),
    breakerReason: opening?.why ?? "",
    ...(isOpen && { openUntil: timestampFromMs(Math.round(clock.wall() + opening.until - clock.monotonic())) }),
    drained: state.drained,
    inFlight: state.inFlight,
    queued: state.queued,
    limit: Number.isFinite(state.limit) ? Math.floor(state.limit) : 0,
    attempts,
    failures,
    slow,
    failuresInRow: breaker.failuresInRow,
    ...(lastError !== undefined && { lastError: ERRORS[lastError].proto }),
    ...(latency !== undefined && { timeToFirstToken: toDuration(latency.ttftMs) }),
    ...(latency?.perTokenMs !== undefined && { timePerToken: toDuration(latency.perTokenMs) }),
    credentials: (facts.providers().find((handle) => handle.name === provider)?.credentials ?? []).map((own, place) => {
      const rest = rests.find((one) => one.place === place && one.leftMs > 0);
      return toCredential(own ?? String(place + 1), rest, clock.wall());
    }),
    ...(whole !== undefined && { restsUntil: timestampFromMs(Math.round(clock.wall() + whole.leftMs)) }),
  });
}

function toCredential(
  name: string,
  rest: { readonly leftMs: number; readonly code: string; readonly status: number | undefined } | undefined,
  now: number,
): TargetCredential {
  if (rest === undefined) return create(TargetCredentialSchema, { name, available: true });
  const { leftMs, code, status } = rest;
  const why = status === undefined ? code : `${code}, ${status}`;
  return create(TargetCredentialSchema, {
    name,
    reason: `rests for another ${durationInWords(leftMs)} (${why})`,
    availableAt: timestampFromMs(Math.round(now + leftMs)),
  });
}

function wordOf(breaker: Breaker): BreakerState {
  if (breaker.opening === undefined) return BreakerState.CLOSED;
  return breaker.isHalfOpen ? BreakerState.HALF_OPEN : BreakerState.OPEN;
}
