import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { type ErrorDialect, ParlanceError } from "../sdk/index.js";
import { idHeaders } from "./answer-headers.js";
import { fromHttpFault } from "./http-fault.js";
import { writeError } from "./rest-error.js";

/** Makes a Fastify scope one of a REST door: bodies stay bytes, and errors are told in the door's dialect. */
export function prepareScope(scope: FastifyInstance, gateway: Gateway, dialect: ErrorDialect): void {
  // The dialect decides how much of a body is read.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  scope.setErrorHandler((thrown: Error, _request: FastifyRequest, reply: FastifyReply) => {
    const error = ParlanceError.is(thrown) ? thrown : fromHttpFault(thrown);
    reply.hijack();
    writeError(reply.raw, dialect, error, idHeaders(gateway.newId(), dialect));
  });
}
