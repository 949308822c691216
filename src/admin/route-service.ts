import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { type Route, type RouteMember, RouteMemberSchema, RouteSchema } from "../gen/parlance/admin/v1/route_pb.js";
import type { RouteService } from "../gen/parlance/admin/v1/route_service_pb.js";
import { type Target, TargetSchema } from "../gen/parlance/admin/v1/target_pb.js";
import type { ModelConfig, TargetConfig } from "../gen/parlance/config/v1/config_pb.js";
import { invalid, nearest, ParlanceError } from "../sdk/index.js";
import { conditionInWords, notesOf } from "./route-words.js";
import type { TargetDesk } from "./target-desk.js";
import { isOneOf, patternsOf, type TargetFacts } from "./target-facts.js";
import { stateOf } from "./target-service.js";
import { watch } from "./watch.js";

/** Where the methods of `parlance.admin.v1.RouteService` are in REST. */
export const routeRoutes = {
  watchRoutes: "GET /admin/v1/routes:watch",
  listRoutes: "GET /admin/v1/routes",
  getRoute: "GET /admin/v1/routes/{name=**}",
  tripRoute: "POST /admin/v1/routes/{name=**}:trip",
  resetRoute: "POST /admin/v1/routes/{name=**}:reset",
  drainRoute: "POST /admin/v1/routes/{name=**}:drain",
} as const satisfies Record<keyof typeof RouteService.method, string>;

/** The canaries of the models, as far as an operator sees and moves them. */
export interface CanaryDesk {
  /** How a member of a model does, in words; undefined where it is no canary. */
  words(model: string, member: string): string | undefined;
  /** Those of a model begin anew. */
  reset(model: string): void;
}

/** `parlance.admin.v1.RouteService` over the models of the gateway. Throws `ParlanceError`s. */
export function routeService(
  desk: TargetDesk,
  facts: TargetFacts,
  canaries: CanaryDesk,
): ServiceImpl<typeof RouteService> {
  const list = (): Route[] => {
    const targets = new Map(desk.list().map((target) => [target.name, target]));
    return Object.entries(facts.models())
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, model]) => toRoute(name, model, targets, canaries));
  };
  const get = (name: string): Route => {
    const route = list().find((one) => one.name === name);
    if (name === "") throw invalid("name", "name is required: the name of a model of the configuration.");
    if (route !== undefined) return route;
    const suggestions = nearest(name, Object.keys(facts.models()));
    const near = suggestions.length === 0 ? "" : ` Near names: ${suggestions.join(", ")}.`;
    throw new ParlanceError("not_found", `There is no route "${name}".${near}`, { suggestions });
  };
  const toAll = (name: string, act: (target: string) => void): Route => {
    get(name);
    const patterns = patternsOf(facts.models(), name);
    for (const [target] of facts.states.all()) if (isOneOf(patterns, target)) act(target);
    return get(name);
  };
  return {
    listRoutes: () => ({ routes: list() }),
    getRoute: ({ name }) => ({ route: get(name) }),
    async *watchRoutes(_request, { signal }) {
      const all = (): (readonly [string, Route])[] => list().map((route) => [route.name, route]);
      const watched = { all, key: keyOf, onChange: facts.states.onChange };
      for await (const route of watch(watched, signal, facts.stopping)) yield { route };
    },
    tripRoute: ({ name }) => ({ route: toAll(name, (target) => desk.trip(target, undefined)) }),
    resetRoute: ({ name }) => {
      get(name);
      canaries.reset(name);
      return { route: toAll(name, (target) => desk.reset(target)) };
    },
    drainRoute: ({ name }) => ({ route: toAll(name, (target) => desk.drain(target)) }),
  };
}

function toRoute(name: string, model: ModelConfig, targets: ReadonlyMap<string, Target>, canaries: CanaryDesk): Route {
  return create(RouteSchema, {
    name,
    strategy: model.strategy ?? "priority",
    alias: model.alias ?? "",
    members: model.targets.map((member) => toMember(name, member, targets, canaries)),
    fallbacks: model.fallbacks,
    contextFallbacks: model.contextFallbacks,
    contentFallbacks: model.contentFallbacks,
    notes: notesOf(model),
  });
}

function toMember(
  routeName: string,
  config: TargetConfig,
  targets: ReadonlyMap<string, Target>,
  canaries: CanaryDesk,
): RouteMember {
  const { provider, model, route, priority = 0, weight = 1, region = "", tags, when } = config;
  const name = `${provider}/${model}`;
  // Where `*` stands for what a caller asks for, it is a target only then.
  const target = targets.get(name) ?? create(TargetSchema, { name, provider, upstreamModel: model });
  return create(RouteMemberSchema, {
    ...(route === undefined ? { target } : { route }),
    priority,
    weight,
    region,
    tags,
    when: conditionInWords(when),
    canary: canaries.words(routeName, route ?? name) ?? "",
  });
}

/** What of a route is told anew when it changes: not the counts of its targets and canaries. */
function keyOf({ members, ...route }: Route): string {
  return JSON.stringify([
    { ...route, members: [] },
    members.map(({ target, ...member }) => [{ ...member, canary: "" }, target && stateOf(target)]),
  ]);
}
