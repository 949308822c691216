import type { Exchange } from "../core/exchange.js";
import { modelNotFound } from "../core/model-not-found.js";
import type { Stage } from "../core/stage.js";
import type { ModelDirectory, PlannedTarget, Target } from "../core/target.js";
import { type ChatRequest, ParlanceError, type RoutingHints } from "../sdk/index.js";

/** Plans once for each exchange: which targets, in which order, and why. */
export function createRouting(models: () => ModelDirectory): Stage {
  return {
    name: "route",
    enter(exchange) {
      const directory = models();
      const hints = hintsOf(exchange);
      const planned = targetsOf(directory, exchange.model).map((target, index) => ({
        target,
        reason: index === 0 ? "first by priority" : `fallback ${index} by priority`,
      }));
      for (const name of hints?.fallbacks ?? []) {
        for (const target of targetsOf(directory, name)) planned.push({ target, reason: `fallback to ${name}` });
      }
      exchange.plan = hints === undefined ? planned : obey(hints, planned);
    },
  };
}

function targetsOf(directory: ModelDirectory, name: string): readonly Target[] {
  const targets = directory.find(name);
  if (targets !== undefined) return targets;
  throw modelNotFound(directory, name);
}

function hintsOf(exchange: Exchange): RoutingHints | undefined {
  const chat: ChatRequest | undefined = exchange.ask.operation === "embed" ? undefined : exchange.ask.chat;
  return chat?.routing;
}

/** Leaves out excluded providers, and moves preferred ones to the front in their order. */
function obey(hints: RoutingHints, planned: readonly PlannedTarget[]): PlannedTarget[] {
  const allowed = planned.filter(({ target }) => !hints.excludeProviders.includes(target.provider.name));
  if (allowed.length === 0) {
    throw new ParlanceError("invalid_request", "routing.exclude_providers leaves no target of the model.", {
      field: "routing.exclude_providers",
    });
  }
  const rank = ({ target }: PlannedTarget): number => {
    const index = hints.preferredProviders.indexOf(target.provider.name);
    return index === -1 ? hints.preferredProviders.length : index;
  };
  return allowed
    .map((entry) =>
      rank(entry) < hints.preferredProviders.length
        ? { ...entry, reason: `preferred by the caller, ${entry.reason}` }
        : entry,
    )
    .sort((a, b) => rank(a) - rank(b));
}
