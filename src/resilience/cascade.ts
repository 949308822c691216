import type { Frame } from "../core/frame.js";
import type { Exchange } from "../core/exchange.js";
import type { Answerer } from "../core/stage.js";
import type { Plan, PlannedTarget } from "../core/target.js";
import { type Attempt, type AttemptFailure, type Losses, ParlanceError } from "../sdk/index.js";
import { attemptsLeft } from "./attempts-left.js";
import { HoldingSink } from "./holding-sink.js";
import { finishWords, judge } from "./judge.js";

/**
 * Has the answers of a cascade judged: one whose target has a verdict is held back to its end, and where it is not good
 * enough the rest of the plan is asked. The last target's answer goes out whatever it is, as it comes; where no later
 * target answers at all, the client has the latest answer that was held back.
 */
export function withCascade(loop: Answerer): Answerer {
  return (exchange, onFrame) => {
    const { plan, ask } = exchange;
    const judged = ask.operation === "complete" && plan?.some(({ verdict }) => verdict !== undefined) === true;
    return judged ? cascade(loop, exchange, plan, onFrame) : loop(exchange, onFrame);
  };
}

/** An answer that was not good enough, with what the exchange knew of it. */
interface Spare {
  readonly held: HoldingSink;
  readonly record: Attempt;
  readonly known: Known;
}

interface Known extends Pick<Exchange, "providerHeaders" | "usage" | "finish"> {
  readonly losses: Losses;
}

async function cascade(
  loop: Answerer,
  exchange: Exchange,
  plan: Plan,
  onFrame: ((frame: Frame) => void) | undefined,
): Promise<void> {
  const client = exchange.sink;
  const failures: AttemptFailure[] = [];
  let rest = plan;
  let spare: Spare | undefined;
  try {
    for (;;) {
      const asked: Plan = rest;
      const held: HoldingSink = new HoldingSink(client, onFrame, () => {
        const holds = isJudged(exchange, asked);
        // The client has none of it yet.
        if (holds) exchange.committedAt = undefined;
        return holds;
      });
      exchange.plan = rest;
      exchange.sink = held;
      const error = await errorOf(loop, exchange);
      const record = exchange.attempts[exchange.attempts.length - 1];
      const found = placeOf(rest, record);
      const left = attemptsLeft(exchange) > 0 ? rest.slice(found + 1) : [];
      if (error !== undefined) {
        failures.push(...(error.facts.attempts ?? []));
        const told = error.with({ attempts: failures });
        if (held.passed || error.code === exchange.cancelled?.code) throw told;
        // What broke off was held back, so that the client has none of it.
        if (left.length > 0 && mayFollow(error, rest[found])) {
          if (record !== undefined) record.next = `next target after ${error.code}`;
          exchange.committedAt = undefined;
          rest = left;
          continue;
        }
        if (spare === undefined) throw told;
        give(exchange, spare);
        return;
      }
      if (held.passed) {
        if (held.overflowed && record !== undefined) record.reason += "; too long to be judged, so it is good enough";
        return;
      }
      const why = verdictOn(exchange, held, rest[found]);
      if (record === undefined || why === undefined || left.length === 0) {
        exchange.committedAt = exchange.clock.monotonic();
        held.give(exchange.cost);
        return;
      }
      record.next = `next target of the cascade: ${why}`;
      const { providerHeaders, usage, finish, losses } = exchange;
      spare = { held, record, known: { providerHeaders, usage, finish, losses } };
      exchange.committedAt = undefined;
      rest = left;
    }
  } finally {
    exchange.sink = client;
    exchange.plan = plan;
  }
}

async function errorOf(loop: Answerer, exchange: Exchange): Promise<ParlanceError | undefined> {
  try {
    // The stages see the frames that the client gets, and no others.
    await loop(exchange, undefined);
    return undefined;
  } catch (thrown) {
    return ParlanceError.from(thrown);
  }
}

/** Whether the answer of the attempt that runs has to wait for its verdict: that of the last target does not. */
function isJudged(exchange: Exchange, plan: Plan): boolean {
  const place = placeOf(plan, exchange.attempts[exchange.attempts.length - 1]);
  return place < plan.length - 1 && plan[place]?.verdict !== undefined;
}

function placeOf(plan: Plan, record: Attempt | undefined): number {
  const place = plan.findIndex(({ target }) => target.name === record?.target);
  // A target of another plan, such as a fallback for long prompts, is the last one.
  return place === -1 ? plan.length - 1 : place;
}

function mayFollow(error: ParlanceError, planned: PlannedTarget | undefined): boolean {
  if (error.code === "content_filtered") return planned?.verdict?.guardrail === true;
  return error.rule.next && error.rule.fault === "provider";
}

function verdictOn(exchange: Exchange, held: HoldingSink, planned: PlannedTarget | undefined): string | undefined {
  const verdict = planned?.verdict;
  if (verdict === undefined) return undefined;
  // Most are judged by their finish alone, which is known without a decode.
  const { finish } = exchange;
  const unwanted = finish !== undefined && verdict.finish.has(finish.reason);
  if (!unwanted && !verdict.schema && !verdict.guardrail) return undefined;
  try {
    return judge(verdict, exchange.chat(), held.completion());
  } catch {
    // What passes as it came need not be of a form that can be read here; by its finish it can be judged all the same.
    return unwanted ? finishWords(finish) : undefined;
  }
}

/** Gives the client an answer that was held back, since none that came after it did better. */
function give(exchange: Exchange, { held, record, known }: Spare): void {
  Object.assign(exchange, known);
  record.next += "; none answered, so the client has this one";
  // Whoever reads the record takes the last attempt for the one that answered.
  const others = exchange.attempts.filter((attempt) => attempt !== record);
  const failed = others[others.length - 1];
  if (failed !== undefined) failed.next ||= `the answer of ${record.target}, which was held back`;
  exchange.attempts.splice(0, exchange.attempts.length, ...others, record);
  exchange.committedAt = exchange.clock.monotonic();
  held.give(exchange.cost);
}
