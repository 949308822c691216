import type { FastifyInstance } from "fastify";
import { percentEncode } from "./protocol/grpc-status.js";

/**
 * Has the messages of gRPC errors escaped as gRPC says. Connect's library escapes commas, colons and question marks too,
 * and @grpc/grpc-js, which undoes its escapes by `decodeURI`, shows them to its users as they are.
 */
export function makeMessagesReadable(scope: FastifyInstance): void {
  scope.addHook("onRequest", (_request, reply, done) => {
    const { raw } = reply;
    const addTrailers = raw.addTrailers.bind(raw);
    raw.addTrailers = (trailers) => {
      const message = "grpc-message" in trailers ? trailers["grpc-message"] : undefined;
      if (typeof message !== "string") addTrailers(trailers);
      else addTrailers({ ...trailers, "grpc-message": percentEncode(decodeURIComponent(message)) });
    };
    done();
  });
}
