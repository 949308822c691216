import type { DescMethod, DescMethodServerStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import type { AdminService } from "../admin-api.js";

/** A method that REST can carry: one request, and one answer or a stream of them. */
export type RestMethod = DescMethodUnary | DescMethodServerStreaming;

/** A method of the operator's API at its place in REST. */
export interface RestRoute {
  readonly verb: string;
  readonly method: RestMethod;
  readonly service: AdminService;
  /** The fields of the request that a path says, by name; undefined when it is another path. */
  match(path: string): Record<string, string> | undefined;
}

/** The routes of a service. Throws when one of them is not `VERB /path` of a method with one request. */
export function restRoutes(service: AdminService): RestRoute[] {
  return Object.entries(service.routes).map(([name, route]) => {
    const method = service.service.method[name];
    const [, verb, template] = /^([A-Z]+) (\/\S*)$/.exec(route) ?? [];
    if (method === undefined || !hasOneRequest(method) || verb === undefined || template === undefined) {
      throw new Error(`${service.service.typeName}.${name} has no route in REST: ${route}`);
    }
    return { verb, method, service, match: matcher(template) };
  });
}

function hasOneRequest(method: DescMethod): method is RestMethod {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

function matcher(template: string): RestRoute["match"] {
  const pattern = template
    .split(/(\{\w+(?:=\*\*)?\})/)
    .map((piece) => {
      const [, name, deep] = /^\{(\w+)(=\*\*)?\}$/.exec(piece) ?? [];
      if (name === undefined) return piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return `(?<${name}>${deep === undefined ? "[^/:]" : "."}+?)`;
    })
    .join("");
  const expression = new RegExp(`^${pattern}$`);
  return (path) => {
    const found = expression.exec(path);
    if (found === null) return undefined;
    return Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
  };
}
