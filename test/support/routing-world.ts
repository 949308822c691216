import type { Clock } from "../../src/core/clock.js";
import { type Ask, type Caller, Exchange } from "../../src/core/exchange.js";
import type { ModelCatalog } from "../../src/core/model-catalog.js";
import type { TargetView } from "../../src/core/target-view.js";
import type { Plan, ProviderHandle, Target } from "../../src/core/target.js";
import type { CredentialsTold } from "../../src/routing/explain.js";
import { createModelDirectory, type RouteDirectory } from "../../src/routing/model-directory.js";
import { createRouting } from "../../src/routing/plan.js";
import type { ModelEntry, TargetEntry } from "../../src/routing/route-entry.js";
import {
  create,
  type MessageInitShape,
  ParlanceError,
  type RoutePlan,
  RoutingHintsSchema,
} from "../../src/sdk/index.js";
import { noCatalog } from "./no-catalog.js";
import { quietView } from "./quiet-view.js";
import { usualRoutes } from "./route-defaults.js";
import { stillClock } from "./still-clock.js";

/** What a world of routing is made from. */
export interface RoutingWorldInit {
  readonly models: readonly ModelEntry[];
  /** Absent means `a` to `e`, which complete chats. */
  readonly providers?: readonly ProviderHandle[];
  readonly catalog?: ModelCatalog;
  readonly viewOf?: (target: string) => TargetView;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly explore?: number;
  readonly allow?: readonly string[];
  /** Absent means that none rests. */
  readonly credentialsOf?: (target: Target) => CredentialsTold;
}

/** What is asked of it. */
export interface RoutingAsk {
  readonly model?: string;
  readonly ask?: Ask;
  readonly hints?: MessageInitShape<typeof RoutingHintsSchema>;
  readonly caller?: Caller;
  readonly heldBy?: string;
  readonly strict?: boolean;
  readonly explain?: (plan: RoutePlan) => void;
}

/** Routing over providers that are never called. */
export interface RoutingWorld {
  readonly directory: RouteDirectory;
  /** An exchange that routing has planned. */
  planned(asked?: RoutingAsk): Promise<Exchange>;
  /** Names of the plan's targets in their order. */
  names(asked?: RoutingAsk): Promise<string[]>;
  /** The same, with the reasons. */
  reasons(asked?: RoutingAsk): Promise<string[]>;
  /** What it is refused with. */
  refusal(asked?: RoutingAsk): Promise<ParlanceError>;
}

/** Makes one. The model that is asked for is `smart` unless it is told. */
export function routingWorld(init: RoutingWorldInit): RoutingWorld {
  const providers = new Map((init.providers ?? ["a", "b", "c", "d", "e"].map(chats)).map((one) => [one.name, one]));
  const clock = init.clock ?? stillClock;
  const directory = createModelDirectory(
    providers,
    init.models,
    init.catalog ?? noCatalog,
    init.viewOf ?? (() => quietView),
    0,
    clock,
    usualRoutes,
  );
  const stage = createRouting({
    models: directory,
    providers: [...providers.keys()],
    allow: init.allow ?? [],
    version: "7",
    random: init.random ?? (() => 0.5),
    explore: init.explore ?? 0,
    credentialsOf: init.credentialsOf ?? (() => ({ unavailable: undefined, resting: [] })),
  });
  const planned = async ({
    model = "smart",
    hints,
    ask,
    strict = false,
    ...asked
  }: RoutingAsk = {}): Promise<Exchange> => {
    const exchange = new Exchange({
      id: "1",
      door: "test",
      ask: ask ?? { operation: "embed", wire: undefined, embedding: undefined },
      model,
      stream: false,
      strict,
      routing: hints === undefined ? undefined : create(RoutingHintsSchema, hints),
      sink: undefined as never,
      clock,
      ...asked,
    });
    await stage.enter?.(exchange);
    return exchange;
  };
  const plan = async (asked?: RoutingAsk): Promise<Plan> => (await planned(asked)).plan ?? [];
  return {
    directory,
    planned,
    names: async (asked) => (await plan(asked)).map(({ target }) => target.name),
    reasons: async (asked) => (await plan(asked)).map(({ target, reason }) => `${target.name}: ${reason}`),
    refusal: (asked) =>
      plan(asked).then(
        () => {
          throw new Error("it was planned");
        },
        (thrown: unknown) => ParlanceError.from(thrown),
      ),
  };
}

/** A provider that completes chats, and makes embeddings. */
export function chats(name: string): ProviderHandle {
  return {
    name,
    credentials: [undefined],
    ready: () => ({ provider: { complete: () => [], embed: () => [] }, upstream: undefined }),
  } as unknown as ProviderHandle;
}

/** A target as it is configured: the provider's model `m` unless it is told. */
export function at(provider: string, more: Partial<TargetEntry> = {}): TargetEntry {
  return { provider, model: "m", priority: 0, price: undefined, ...more };
}

/** The targets of another model. */
export function group(route: string, more: Partial<TargetEntry> = {}): TargetEntry {
  return { provider: "", model: "", priority: 0, price: undefined, route, ...more };
}
