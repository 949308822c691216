import type { Exchange } from "../core/exchange.js";
import { modelNotFound } from "../core/model-not-found.js";
import type { Stage } from "../core/stage.js";
import type { ModelDirectory, PlannedTarget } from "../core/target.js";
import { mayBePinned, pin } from "./pin.js";
import { type ChatRequest, ParlanceError, type RoutingHints } from "../sdk/index.js";

/** Plans once for each exchange: which targets, in which order, and why. */
export function createRouting(models: () => ModelDirectory): Stage {
  return {
    name: "route",
    enter(exchange) {
      const directory = models();
      const hints = hintsOf(exchange);
      const names = [exchange.model, ...(hints?.fallbacks ?? [])];
      const planned: PlannedTarget[] = [];
      for (const name of names) {
        const targets = directory.find(name);
        if (targets === undefined) return refuse(directory, name);
        for (const target of targets) planned.push({ target, reason: reasonOf(planned.length, name, exchange.model) });
      }
      exchange.plan = hints === undefined ? planned : obey(hints, planned);
      // What the caller prefers goes before what would be kept.
      if ((hints?.preferredProviders.length ?? 0) > 0 || !mayBePinned(exchange, exchange.plan)) return;
      return pin(exchange, exchange.plan).then((plan) => {
        exchange.plan = plan;
      });
    },
  };
}

function reasonOf(index: number, name: string, asked: string): string {
  if (name !== asked) return `fallback to ${name}`;
  return index === 0 ? "first by priority" : `fallback ${index} by priority`;
}

/** Only who asks for a model that nobody has must wait for the names of those that there are. */
async function refuse(directory: ModelDirectory, name: string): Promise<never> {
  throw await modelNotFound(directory, name);
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
