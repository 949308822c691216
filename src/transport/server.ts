import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { type ErrorDialect, ParlanceError } from "../sdk/index.js";
import type { ErrorsAt } from "./errors-at.js";
import { createListener, type Listener, type ListenerOptions } from "./listener.js";
import { refuse } from "./refuse.js";
import { refuseUnreadable } from "./refuse-unreadable.js";

/** A door: registers its routes in a scope of its own. */
export type Door = (scope: FastifyInstance, listener: Listener) => Promise<void>;

/** What the server is made from. */
export interface ServerInit extends ListenerOptions {
  readonly gateway: Gateway;
  readonly doors: readonly Door[];
  /** Dialect of errors where no door is known. */
  readonly errors: ErrorDialect;
  /** Asked in this order for the dialect of a path that cannot be read; `errors` when none knows. */
  readonly errorsAt: readonly ErrorsAt[];
}

/** Every door on one port. */
export async function createServer(init: ServerInit): Promise<Listener> {
  const answerError = refuse(init.gateway, "none", init.errors);
  const listener = createListener({
    ...init,
    refuse: (thrown, request, reply) => {
      const dialect = init.errorsAt.reduce<ErrorDialect | undefined>((found, at) => found ?? at(request), undefined);
      refuse(init.gateway, "none", dialect ?? init.errors)(thrown, request, reply);
    },
    refuseUnreadable: refuseUnreadable(init.gateway, init.errors),
  });
  const { app } = listener;
  addHealth(app, init.gateway);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    throw new ParlanceError("not_found", `There is nothing at ${request.method} ${request.url.split("?")[0]}.`);
  });
  for (const door of init.doors) await app.register((scope) => door(scope, listener));
  return listener;
}

function addHealth(app: FastifyInstance, gateway: Gateway): void {
  app.get("/health", (_request, reply) => reply.send({ status: "ok" }));
  app.get("/ready", (_request, reply) =>
    gateway.isReady()
      ? reply.send({ status: "ready", config_version: gateway.configVersion() })
      : reply.code(503).send({ status: "draining" }),
  );
}
