import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/gateway.js";
import type { ErrorDialect } from "../sdk/index.js";
import { refuse } from "./refuse.js";

/** Makes a Fastify scope one of a REST door: bodies stay bytes, and errors are told in the door's dialect. */
export function prepareScope(scope: FastifyInstance, gateway: Gateway, door: string, dialect: ErrorDialect): void {
  // The dialect decides how much of a body is read.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  scope.setErrorHandler(refuse(gateway, door, dialect));
}
