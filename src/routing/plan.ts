import type { Exchange } from "../core/exchange.js";
import { modelNotFound } from "../core/model-not-found.js";
import type { Through } from "../core/pass-through.js";
import type { Stage } from "../core/stage.js";
import type { Plan, PlannedTarget, Target } from "../core/target.js";
import type { RoutingHints } from "../sdk/index.js";
import { Asked } from "./asked.js";
import { type Demands, demandsOf } from "./demands.js";
import { type CredentialsTold, explain } from "./explain.js";
import { checkHints } from "./hints.js";
import type { RouteDirectory } from "./model-directory.js";
import { nobodyFor } from "./nobody.js";
import { holderFirst, mayBePinned, pin } from "./pin.js";
import { planThrough } from "./plan-through.js";
import { Planning, type PlanningOptions, policyOf } from "./planning.js";
import type { Route } from "./route.js";
import { stickyKey, stickyWords } from "./sticky.js";
import type { StrategyName } from "./strategy-name.js";
import { mayPreferVerbatim, verbatimFirst } from "./verbatim-first.js";

/** What routing stands on. */
export interface RoutingOptions extends PlanningOptions {
  /** Of the snapshot. */
  readonly models: RouteDirectory;
  /** Names of the configured providers, so that a wish for another is not passed over in silence. */
  readonly providers: readonly string[];
  /** Members of `routing` that callers may use; empty means all. */
  readonly allow: readonly string[];
  /** Version of the configuration. */
  readonly version: string;
  /** How a target's credentials do, for who asks where a request would go. */
  readonly credentialsOf: (target: Target) => CredentialsTold;
}

/** Plans once for each exchange: which targets, in which order, and why; and what is to be done around its attempts. */
export function createRouting(options: RoutingOptions): Stage {
  const { models, providers, allow } = options;
  return {
    name: "route",
    enter(exchange) {
      if (exchange.through !== undefined) return through(exchange, exchange.through, options);
      const { routing } = exchange;
      const route = models.route(exchange.model);
      if (routing !== undefined) checkHints(routing, providers, allow);
      if (route === undefined) return refuse(models, exchange.model, "model");
      if (route.constant !== undefined && routing === undefined && exchange.explain === undefined) {
        exchange.plan = route.constant;
        exchange.policy = route.policy;
        return;
      }
      const unknown = routing && unknownModel(models, routing);
      if (unknown !== undefined) return refuse(models, unknown.name, unknown.field);
      const fallbacks = fallbacksOf(models, route, routing);
      const asked = new Asked(exchange);
      const demands = demandsOf(asked, candidatesOf(route, fallbacks));
      if (demands instanceof Promise) {
        return demands.then((known) => write(options, exchange, route, fallbacks, asked, known));
      }
      return write(options, exchange, route, fallbacks, asked, demands);
    },
  };
}

/** Plans what must not be translated, which no strategy decides. */
async function through(
  exchange: Exchange,
  wanted: Through,
  { models, allow, version, credentialsOf }: RoutingOptions,
): Promise<void> {
  await planThrough(exchange, wanted, models);
  if (exchange.explain === undefined) return;
  const own = new Set(exchange.plan?.map(({ target }) => target.name));
  const route = models.route(exchange.model)?.name ?? exchange.model;
  exchange.explanation = await explain(exchange, new Asked(exchange), {
    route,
    own,
    allow,
    version,
    credentialsOf,
    strategy: "priority",
    leftOut: [],
    sticky: undefined,
  });
}

/** Writes plan and policy; a promise only where sessions or dialects are to be looked at. */
function write(
  options: RoutingOptions,
  exchange: Exchange,
  route: Route,
  fallbacks: readonly Route[],
  asked: Asked,
  demands: Demands | undefined,
): void | Promise<void> {
  const { routing } = exchange;
  const planning = new Planning(options, exchange, asked, demands);
  const planOf = (names: readonly string[], role: string): Plan => {
    const plan: PlannedTarget[] = [];
    for (const name of names) {
      const other = options.models.route(name);
      if (other !== undefined) Planning.add(plan, planning.order(other, other.strategy, `${role} ${name}, `));
    }
    return plan;
  };
  const policy = policyOf(route, exchange, planOf);
  const strategy = (routing?.strategy as StrategyName | undefined) ?? route.strategy;
  let plan: Plan = planning.order(route, strategy);
  if (fallbacks.length > 0) {
    const longer = [...plan];
    // After the route's own targets, whoever is preferred.
    for (const other of fallbacks) {
      Planning.add(longer, planning.order(other, other.strategy, `fallback to ${other.name}, `));
    }
    plan = longer;
  }
  if (plan.length === 0 && planning.leftOut.every(({ kind }) => kind === "context")) plan = policy.contextFallbacks();
  if (plan.length === 0) throw nobodyFor(exchange.model, planning.leftOut);
  exchange.plan = withoutLastVerdict(plan);
  exchange.policy = policy;
  // What the caller prefers goes before what would be kept.
  const settling =
    routing === undefined || routing.preferredProviders.length === 0 ? settle(exchange, exchange.plan) : undefined;
  if (exchange.explain === undefined) return settling;
  return explained(options, exchange, route, strategy, asked, planning, settling);
}

/** Puts the targets first that can take a strict caller's words, and before those the ones that hold the conversation. */
function settle(exchange: Exchange, plan: Plan): void | Promise<void> {
  if (mayPreferVerbatim(exchange, plan)) {
    return verbatimFirst(exchange, plan).then((ordered) => {
      exchange.plan = withoutLastVerdict(ordered);
      return keep(exchange, exchange.plan);
    });
  }
  return keep(exchange, plan);
}

/** Puts the targets first that can read what the conversation holds. */
function keep(exchange: Exchange, plan: Plan): void | Promise<void> {
  if (exchange.heldBy !== undefined) {
    exchange.plan = withoutLastVerdict(holderFirst(exchange.heldBy, plan));
    return;
  }
  if (!mayBePinned(exchange, plan)) return;
  return pin(exchange, plan).then((pinned) => {
    exchange.plan = withoutLastVerdict(pinned);
  });
}

async function explained(
  { allow, version, credentialsOf }: RoutingOptions,
  exchange: Exchange,
  route: Route,
  strategy: StrategyName,
  asked: Asked,
  { leftOut }: Planning,
  settling: void | Promise<void>,
): Promise<void> {
  await settling;
  const isSticky = strategy === "weighted" && stickyKey(exchange, route.sticky) !== undefined;
  exchange.explanation = await explain(exchange, asked, {
    route: route.name,
    strategy,
    own: new Set(route.targets.map(({ name }) => name)),
    leftOut,
    sticky: isSticky ? stickyWords(route.sticky, exchange.routing?.stickyKey !== undefined) : undefined,
    allow,
    version,
    credentialsOf,
  });
}

/** After the last target nobody is asked, however good its answer is. */
function withoutLastVerdict(plan: Plan): Plan {
  const last = plan[plan.length - 1] as PlannedTarget;
  return last.verdict === undefined ? plan : [...plan.slice(0, -1), { ...last, verdict: undefined }];
}

const NONE: readonly Route[] = [];

/** The routes to fall back to: those that the caller names, else the route's own. */
function fallbacksOf(
  models: RouteDirectory,
  { fallbacks }: Route,
  routing: RoutingHints | undefined,
): readonly Route[] {
  const names = routing === undefined || routing.fallbacks.length === 0 ? fallbacks : routing.fallbacks;
  return names.length === 0 ? NONE : names.flatMap((name) => models.route(name) ?? []);
}

/** The first model that a caller names and nobody has, with its place. */
function unknownModel(models: RouteDirectory, routing: RoutingHints): { name: string; field: string } | undefined {
  for (const [member, names] of [
    ["fallbacks", routing.fallbacks],
    ["context_fallbacks", routing.contextFallbacks],
    ["content_fallbacks", routing.contentFallbacks],
  ] as const) {
    const index = names.findIndex((name) => models.route(name) === undefined);
    if (index !== -1) return { name: names[index] as string, field: `routing.${member}[${index}]` };
  }
  return undefined;
}

function candidatesOf(route: Route, fallbacks: readonly Route[]): readonly Target[] {
  return fallbacks.length === 0 ? route.targets : [route, ...fallbacks].flatMap(({ targets }) => targets);
}

/** Only who asks for a model that nobody has must wait for the names of those that there are. */
async function refuse(directory: RouteDirectory, name: string, field: string): Promise<never> {
  throw (await modelNotFound(directory, name)).with({ field });
}
