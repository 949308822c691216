import { isVerbatim } from "../core/lanes/chat-endpoint.js";
import { estimatedCost } from "../core/pricing.js";
import type { Exchange } from "../core/exchange.js";
import type { RoutePolicy } from "../core/route-policy.js";
import type { Plan, Target } from "../core/target.js";
import { create, Lane, LeftOutTargetSchema, type RoutePlan, RoutePlanSchema, RouteTargetSchema } from "../sdk/index.js";
import type { Asked } from "./asked.js";
import type { LeftOut } from "./left-out.js";

/** What planning has decided of an exchange, beside its plan and its policy. */
export interface Decided {
  /** What the model was found as. */
  readonly route: string;
  readonly strategy: string;
  /** Names of the targets of the route itself: the others of the plan are to fall back to. */
  readonly own: ReadonlySet<string>;
  readonly leftOut: readonly LeftOut[];
  /** What the choice stays with, in words. */
  readonly sticky: string | undefined;
  /** Wishes that callers may have; empty means all. */
  readonly allow: readonly string[];
  readonly version: string;
  readonly credentialsOf: (target: Target) => CredentialsTold;
}

/** How the credentials of a target do, in words. */
export interface CredentialsTold {
  /** Why none of them can be used now; undefined where one can. */
  readonly unavailable: string | undefined;
  /** Those that are left alone while others are used. */
  readonly resting: readonly string[];
}

/** Tells where a planned exchange would go, and why. Asks no target, but loads the code of its provider for its lane. */
export async function explain(exchange: Exchange, asked: Asked, decided: Decided): Promise<RoutePlan> {
  const { plan = [], policy } = exchange;
  const roles: (readonly [string, Plan])[] = [
    ["route", plan.filter(({ target }) => decided.own.has(target.name))],
    ["fallback", plan.filter(({ target }) => !decided.own.has(target.name))],
    ["context_fallback", policy?.contextFallbacks() ?? []],
    ["content_fallback", policy?.contentFallbacks() ?? []],
    ["shadow", policy?.shadows.map(shadowPlan) ?? []],
  ];
  const targets = roles.flatMap(([role, some]) => some.map(({ target, reason }) => ({ target, reason, role })));
  return create(RoutePlanSchema, {
    model: exchange.model,
    route: decided.route,
    strategy: decided.strategy,
    targets: await Promise.all(
      targets.map(async ({ target, reason, role }) => {
        const { inFlight } = target.view;
        const ttft = target.view.latency()?.ttftMs;
        const nanoDollars = estimatedCost(target.price(), asked.tokens, asked.answerLimit ?? 0);
        const unavailable = target.view.unavailable()?.reason ?? decided.credentialsOf(target).unavailable;
        return create(RouteTargetSchema, {
          target: target.name,
          provider: target.provider.name,
          upstreamModel: target.upstreamModel,
          reason,
          role,
          inFlight,
          lane: await laneOf(target, exchange),
          ...(nanoDollars !== undefined && { estimatedNanoDollars: nanoDollars }),
          ...(unavailable !== undefined && { unavailable }),
          ...(ttft !== undefined && { timeToFirstToken: durationOf(ttft) }),
        });
      }),
    ),
    leftOut: decided.leftOut
      .filter(({ target }) => !plan.some((planned) => planned.target.name === target))
      .map(({ target, reason }) => create(LeftOutTargetSchema, { target, reason })),
    estimatedInputTokens: asked.tokens,
    configVersion: decided.version,
    notes: [...notesOf(policy, decided), ...restsOf(targets, decided)],
    maxAttempts: policy === undefined ? plan.length : mostAttempts(roles, policy),
  });
}

/** How a request would travel to a target; not told where its provider cannot be loaded. */
async function laneOf(target: Target, { ask }: Exchange): Promise<Lane> {
  if (ask.operation === "pass_through") return Lane.VERBATIM;
  try {
    const { wire } = (await target.provider.ready()).provider;
    if (ask.wire === undefined || wire === undefined) return Lane.TRANSLATED;
    const { name } = ask.wire.dialect;
    const verbatim =
      ask.operation === "embed"
        ? wire.embeddings?.dialect === name
        : wire.completions?.dialect === name || isVerbatim(wire, ask.wire.dialect);
    return verbatim ? Lane.VERBATIM : Lane.TRANSLATED;
  } catch {
    return Lane.UNSPECIFIED;
  }
}

function shadowPlan({ target, percent }: RoutePolicy["shadows"][number]): Plan[number] {
  return { target, reason: `gets a copy of ${percent} % of the requests, and its answer reaches nobody` };
}

/** As many as docs/resilience.md says, but for the one more that only a sealed conversation may take. */
function mostAttempts(roles: readonly (readonly [string, Plan])[], { retry, onCut }: RoutePolicy): number {
  const asked = roles.filter(([role]) => role !== "shadow").flatMap(([, plan]) => plan);
  const providers = new Set(asked.map(({ target }) => target.provider));
  let rotations = 0;
  for (const { credentials } of providers) rotations += credentials.length - 1;
  const walk = (targets: number): number => targets + retry.retries * (retry.at === "each" ? targets : 1) + rotations;
  let most = walk(asked.length);
  // Each target that is left begins a walk of its own.
  if (onCut === "continue" || asked.some(({ verdict }) => verdict !== undefined)) {
    for (let left = asked.length - 1; left > 0; left -= 1) most += walk(left);
  }
  return Math.min(retry.maxAttempts, most);
}

/** Each credential that rests while others of its provider are used. */
function restsOf(targets: readonly { readonly target: Target }[], { credentialsOf }: Decided): string[] {
  return [
    ...new Set(
      targets.flatMap(({ target }) => {
        const { unavailable, resting } = credentialsOf(target);
        return unavailable === undefined ? resting.map((words) => `${target.name}: ${words}.`) : [];
      }),
    ),
  ];
}

function notesOf(policy: RoutePolicy | undefined, { sticky, allow }: Decided): string[] {
  const notes: string[] = [];
  if (sticky !== undefined) notes.push(`The choice stays with ${sticky}.`);
  if (policy?.hedge !== undefined) {
    const { afterMs, maxPercent } = policy.hedge;
    const when = afterMs === undefined ? "its own 95th percentile" : `${afterMs} ms`;
    notes.push(
      `Where the first target is without content for ${when}, the second is asked too, for at most ${maxPercent} % of the requests.`,
    );
  }
  if (policy?.onCut === "continue") notes.push("A stream that is cut is continued by the next target that can.");
  if (policy?.timeoutMs !== undefined) notes.push(`The exchange takes ${policy.timeoutMs} ms at most.`);
  if (allow.length > 0) notes.push(`Callers may wish no more than ${allow.join(", ")}.`);
  return notes;
}

function durationOf(milliseconds: number) {
  return {
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: Math.round((milliseconds % 1000) * 1_000_000),
  };
}
