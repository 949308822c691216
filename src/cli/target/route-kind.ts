import { toJson } from "@bufbuild/protobuf";
import { type Route, type RouteMember, RouteSchema } from "../../gen/parlance/admin/v1/route_pb.js";
import {
  type GetRouteResponse,
  GetRouteResponseSchema,
  type ListRoutesResponse,
  ListRoutesResponseSchema,
} from "../../gen/parlance/admin/v1/route_service_pb.js";
import type { Kind } from "./kind.js";
import { stateOf } from "./target-kind.js";

/** Routes of a running gateway. */
export const routeKind: Kind<Route> = {
  word: "route",
  nameIs: "name of the model",
  list: { schema: ListRoutesResponseSchema, read: (answer) => (answer as ListRoutesResponse).routes },
  one: { schema: GetRouteResponseSchema, read: (answer) => (answer as GetRouteResponse).route },
  heads: ["NAME", "STRATEGY", "MEMBER", "STATE"],
  rows: ({ name, strategy, alias, members }) =>
    alias === ""
      ? members.map((member, i) => [
          i === 0 ? name : "",
          i === 0 ? strategy : "",
          nameOf(member),
          member.target === undefined ? "" : stateOf(member.target),
        ])
      : [[name, "alias", alias, ""]],
  page: (route) => [
    ["name", route.name],
    ["strategy", route.alias === "" ? route.strategy : ""],
    ["alias of", route.alias],
    ...route.members.map((member): [string, string] => ["member", inWords(member)]),
    ["fallbacks", route.fallbacks.join(", ")],
    ["when too long", route.contextFallbacks.join(", ")],
    ["when declined", route.contentFallbacks.join(", ")],
    ...route.notes.map((note): [string, string] => ["note", note]),
  ],
  json: (route) => toJson(RouteSchema, route),
  inFlight: ({ members }) => members.reduce((sum, { target }) => sum + (target?.inFlight ?? 0), 0),
};

function nameOf({ target, route }: RouteMember): string {
  return target === undefined ? `route ${route}` : target.name;
}

function inWords(member: RouteMember): string {
  const { target, priority, weight, region, tags, when, canary } = member;
  const state = target === undefined ? "" : stateOf(target);
  return [
    nameOf(member),
    ...(state === "" ? [] : [state]),
    `priority ${priority}`,
    `weight ${weight}`,
    ...(region === "" ? [] : [`region ${region}`]),
    ...(tags.length === 0 ? [] : [`tags ${tags.join(" ")}`]),
    ...(when === "" ? [] : [`for requests ${when}`]),
    ...(canary === "" ? [] : [canary]),
  ].join(", ");
}
