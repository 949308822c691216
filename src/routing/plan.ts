import type { Exchange } from "../core/exchange.js";
import { modelNotFound } from "../core/model-not-found.js";
import type { Stage } from "../core/stage.js";
import type { ModelDirectory, PlannedTarget, Target } from "../core/target.js";
import { invalid, nearest, ParlanceError, type RoutingHints } from "../sdk/index.js";
import { mayBePinned, pin } from "./pin.js";
import { planThrough } from "./plan-through.js";

/** The strategies that there are. */
const STRATEGIES: readonly string[] = ["priority"];

/**
 * Plans once for each exchange: which targets, in which order, and why. `providers`: the names of those that are
 * configured, so that a wish for another is not passed over in silence.
 */
export function createRouting(models: () => ModelDirectory, providers: readonly string[]): Stage {
  return {
    name: "route",
    enter(exchange) {
      const directory = models();
      if (exchange.through !== undefined) return planThrough(exchange, exchange.through, directory);
      const { model, routing } = exchange;
      if (routing !== undefined) checkHints(routing, providers);
      const planned: PlannedTarget[] = [];
      const own = directory.find(model);
      if (own === undefined) return refuse(directory, model, "model");
      own.forEach((target, index) => {
        planned.push({ target, reason: index === 0 ? "first by priority" : `fallback ${index} by priority` });
      });
      if (routing === undefined) {
        exchange.plan = planned;
        return settle(exchange);
      }
      const plan = obey(routing, planned);
      for (const [index, name] of routing.fallbacks.entries()) {
        const targets: readonly Target[] | undefined = directory.find(name);
        if (targets === undefined) return refuse(directory, name, `routing.fallbacks[${index}]`);
        // After the route's own targets, whoever is preferred.
        plan.push(
          ...obey(
            routing,
            targets.map((target) => ({ target, reason: `fallback to ${name}` })),
          ),
        );
      }
      if (plan.length === 0) {
        throw invalid("routing.exclude_providers", "routing.exclude_providers leaves no target of the model.");
      }
      exchange.plan = plan;
      // What the caller prefers goes before what would be kept.
      if (routing.preferredProviders.length === 0) return settle(exchange);
    },
  };
}

/** Puts the targets first that can read what the conversation holds. */
function settle(exchange: Exchange): Promise<void> | undefined {
  const { plan } = exchange;
  if (plan !== undefined && exchange.heldBy !== undefined) exchange.plan = holderFirst(exchange.heldBy, plan);
  if (plan === undefined || exchange.heldBy !== undefined || !mayBePinned(exchange, plan)) return undefined;
  return pin(exchange, plan).then((pinned) => {
    exchange.plan = pinned;
  });
}

/** Who holds a conversation need not be told it again. */
function holderFirst(holder: string | undefined, planned: readonly PlannedTarget[]): readonly PlannedTarget[] {
  const holds = ({ target }: PlannedTarget): boolean => target.provider.name === holder;
  if (holder === undefined || planned.length < 2 || !planned.some(holds)) return planned;
  const first = planned.filter(holds).map((entry) => ({ ...entry, reason: `holds the conversation, ${entry.reason}` }));
  return [...first, ...planned.filter((entry) => !holds(entry))];
}

/** Only who asks for a model that nobody has must wait for the names of those that there are. */
async function refuse(directory: ModelDirectory, name: string, field: string): Promise<never> {
  throw (await modelNotFound(directory, name)).with({ field });
}

/** A wish that cannot be granted as it is written is refused: a misspelt exclusion would send data where it must not go. */
function checkHints(hints: RoutingHints, providers: readonly string[]): void {
  const { strategy } = hints;
  if (strategy !== undefined && !STRATEGIES.includes(strategy)) {
    throw new ParlanceError(
      "unsupported",
      `There is no strategy "${strategy}" in this version: routing.strategy may be ${STRATEGIES.join(", ")}.`,
      { field: "routing.strategy" },
    );
  }
  checkNames(hints.preferredProviders, "routing.preferred_providers", providers);
  checkNames(hints.excludeProviders, "routing.exclude_providers", providers);
}

function checkNames(names: readonly string[], path: string, providers: readonly string[]): void {
  names.forEach((name, index) => {
    if (providers.includes(name)) return;
    const near = nearest(name, providers);
    throw new ParlanceError(
      "invalid_request",
      `There is no provider "${name}".${near.length === 0 ? "" : ` Near names: ${near.join(", ")}.`}`,
      { field: `${path}[${index}]`, suggestions: near },
    );
  });
}

/** Leaves out excluded providers, and moves preferred ones to the front in their order. */
function obey(hints: RoutingHints, planned: readonly PlannedTarget[]): PlannedTarget[] {
  const { preferredProviders, excludeProviders } = hints;
  const rank = ({ target }: PlannedTarget): number => {
    const index = preferredProviders.indexOf(target.provider.name);
    return index === -1 ? preferredProviders.length : index;
  };
  return planned
    .filter(({ target }) => !excludeProviders.includes(target.provider.name))
    .map((entry) =>
      rank(entry) < preferredProviders.length
        ? { ...entry, reason: `preferred by the caller, ${entry.reason}` }
        : entry,
    )
    .sort((a, b) => rank(a) - rank(b));
}
