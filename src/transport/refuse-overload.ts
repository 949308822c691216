import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { RequestCaller } from "./request-caller.js";

/**
 * Has a scope refuse, before a body is read, what the gateway would refuse whatever it asks: a flood must cost little. Only
 * of what is posted, as that is what calls models. What is left of the body is read from the connection and dropped.
 */
export function refuseOverload(scope: FastifyInstance, gateway: Gateway): void {
  scope.addHook("onRequest", (request, _reply, done) => {
    done(request.method === "POST" ? gateway.overload(new RequestCaller(request.headers)) : undefined);
  });
}
