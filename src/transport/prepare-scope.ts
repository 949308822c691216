import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { type ErrorDialect, invalid, type ParlanceError } from "../sdk/index.js";
import { refuse } from "./refuse.js";

/** Makes a Fastify scope one of a REST door: bodies stay bytes, and errors are told in the door's dialect. */
export function prepareScope(scope: FastifyInstance, gateway: Gateway, door: string, dialect: ErrorDialect): void {
  // The dialect decides how much of a body is read.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const coding = request.headers["content-encoding"] ?? "identity";
    if (coding === "identity") done(null, body);
    else done(compressed(coding));
  });
  scope.setErrorHandler(refuse(gateway, door, dialect));
}

function compressed(coding: string): ParlanceError {
  return invalid("content-encoding", `A body compressed as "${coding}" is not read. Send it as it is.`);
}
