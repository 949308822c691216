import type { Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import type { Answerer } from "../core/stage.js";
import type { Plan, PlannedTarget } from "../core/target.js";
import { type AttemptFailure, AttemptKind, type Loss, ParlanceError, type Usage } from "../sdk/index.js";
import { attemptsLeft } from "./attempts-left.js";
import { Seam, sumOf } from "./seam.js";
import { SeamSink } from "./seam-sink.js";
import { whileItRuns } from "./while-it-runs.js";

/**
 * Goes on with streams that break off after the client has some of them, where the route has `on_cut: continue`: the next
 * target of the plan that continues a last message of the assistant is given what was said, and the client gets the rest
 * in the same stream. Only text can be gone on with; else, and where nobody can, the client is told of the cut.
 */
export function withContinuation(loop: Answerer): Answerer {
  return (exchange, onFrame) => {
    const { plan } = exchange;
    return plan !== undefined && mayBeContinued(exchange, plan)
      ? answerOverSeams(loop, exchange, plan, onFrame)
      : loop(exchange, onFrame);
  };
}

function mayBeContinued({ ask, stream, policy, through }: Exchange, plan: Plan): boolean {
  return (
    policy?.onCut === "continue" &&
    stream &&
    ask.operation === "complete" &&
    through === undefined &&
    // What a cascade holds back is begun anew.
    plan.length > 1 &&
    plan.every(({ verdict }) => verdict === undefined)
  );
}

async function answerOverSeams(
  loop: Answerer,
  exchange: Exchange,
  plan: Plan,
  onFrame: ((frame: Frame) => void) | undefined,
): Promise<void> {
  const client = exchange.sink;
  const failures: AttemptFailure[] = [];
  const losses: Loss[] = [];
  let committedAt: number | undefined;
  let cut: ParlanceError | undefined;
  let usage: Usage | undefined;
  let rest = plan;
  let before = 0;
  const seams = new SeamSink(client, onFrame, () => {
    committedAt ??= exchange.committedAt;
    exchange.committedAt = committedAt;
    if (cut !== undefined) tellContinuation(exchange, before);
    cut = undefined;
  });
  exchange.sink = seams;
  try {
    for (;;) {
      let error: ParlanceError;
      try {
        await loop(exchange, undefined);
        exchange.usage = sumOf(usage, exchange.usage);
        return;
      } catch (thrown) {
        error = ParlanceError.from(thrown);
      }
      if (!seams.opened) throw error;
      if (cut !== undefined) tellContinuation(exchange, before);
      failures.push(...(error.facts.attempts ?? []));
      cut ??= error;
      usage = sumOf(usage, exchange.usage);
      losses.push(...exchange.losses.list);
      const record = exchange.attempts[exchange.attempts.length - 1];
      rest = after(rest, exchange);
      const goOn = isOfProvider(error) && exchange.cancelled === undefined && attemptsLeft(exchange) > 0;
      const said = goOn && asksForText(exchange) ? seams.said() : undefined;
      const able = said === undefined ? [] : await whoGoesOn(rest, exchange);
      const [next] = able;
      if (said === undefined || next === undefined || record === undefined || exchange.cancelled !== undefined) {
        if (goOn && record !== undefined) record.next = `none: ${whyNobody(said, rest)}`;
        throw (exchange.cancelled ?? cut).with({ attempts: failures });
      }
      record.next = `${next.target.name} goes on with the answer after ${error.code}`;
      rest = able.map((planned) => ({
        ...planned,
        reason: `${planned.reason}; goes on where ${record.target} broke off`,
      }));
      exchange.plan = rest;
      exchange.goOnFrom(said.text.trimEnd());
      seams.goOn(new Seam(said, usage, [...losses]));
      before = exchange.attempts.length;
    }
  } finally {
    exchange.sink = client;
    exchange.plan = plan;
  }
}

/** Every first attempt at a target since a cut is to go on with the answer. */
function tellContinuation({ attempts }: Exchange, before: number): void {
  for (const attempt of attempts.slice(before)) {
    if (attempt.kind === AttemptKind.FALLBACK) attempt.kind = AttemptKind.CONTINUATION;
  }
}

function isOfProvider({ rule }: ParlanceError): boolean {
  return rule.fault === "provider" && rule.next;
}

/** What is left of a plan: what follows the last attempt, or where that was of another plan whoever was not asked yet. */
function after(plan: Plan, { attempts }: Exchange): Plan {
  const last = plan.findIndex(({ target }) => target.name === attempts[attempts.length - 1]?.target);
  if (last !== -1) return plan.slice(last + 1);
  const asked = new Set(attempts.map(({ target }) => target));
  return plan.filter(({ target }) => !asked.has(target.name));
}

/** Why nobody goes on with an answer that was cut. */
function whyNobody(said: object | undefined, rest: Plan): string {
  if (said === undefined) return "more than text is part of the answer, so that nobody can go on with it";
  if (rest.length === 0) return "no target is left to go on with the answer";
  return `${rest.map(({ target }) => target.name).join(", ")} cannot go on with an answer (prefill)`;
}

/** Of a form of the answer the providers take no beginning. */
function asksForText(exchange: Exchange): boolean {
  try {
    const form = exchange.chat().responseFormat?.kind.case;
    return form === undefined || form === "text";
  } catch {
    // What its own provider could read cannot be said to another.
    return false;
  }
}

/** The targets that continue a last message of the assistant. */
async function whoGoesOn(plan: Plan, exchange: Exchange): Promise<PlannedTarget[]> {
  const able: PlannedTarget[] = [];
  for (const planned of plan) {
    const asked = planned.target.facts();
    // Who is not loaded yet may take its time.
    const facts = asked instanceof Promise ? await whileItRuns(exchange, asked) : asked;
    if (facts?.abilities?.includes("prefill") === true) able.push(planned);
  }
  return able;
}
