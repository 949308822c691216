import type { Exchange } from "../core/exchange.js";
import { isVerbatim } from "../core/lanes/chat-endpoint.js";
import type { Plan, PlannedTarget } from "../core/target.js";

/** Whether a plan is to be put in order by who takes the caller's own words: only what is strict may lose nothing. */
export function mayPreferVerbatim({ strict, ask }: Exchange, plan: Plan): boolean {
  return strict && plan.length > 1 && ask.wire !== undefined && ask.operation !== "embed";
}

/** The plan with those targets first that get the words of a strict caller as they are; the others might refuse them. */
export async function verbatimFirst(exchange: Exchange, plan: Plan): Promise<Plan> {
  const verbatim = await Promise.all(plan.map((planned) => takesVerbatim(planned, exchange)));
  if (verbatim.every((takes) => takes === verbatim[0])) return plan;
  return [
    ...plan.filter((_, index) => verbatim[index]),
    ...plan
      .filter((_, index) => !verbatim[index])
      .map((planned) => ({ ...planned, reason: `${planned.reason}; behind those that speak the caller's dialect` })),
  ];
}

async function takesVerbatim({ target }: PlannedTarget, { ask }: Exchange): Promise<boolean> {
  try {
    return isVerbatim((await target.provider.ready()).provider.wire, ask.wire?.dialect);
  } catch {
    // A provider that cannot be loaded fails in its attempt, with its reason.
    return false;
  }
}
