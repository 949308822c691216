import cors from "@fastify/cors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { type ErrorDialect, ParlanceError } from "../sdk/index.js";
import { headersOf } from "./headers-of.js";
import { fromHttpFault } from "./http-fault.js";
import { createListener, type Listener, type ListenerOptions } from "./listener.js";
import { writeError } from "./rest-error.js";

/** A door: registers its routes in a scope of its own. */
export type Door = (scope: FastifyInstance) => Promise<void>;

/** What the server is made from. */
export interface ServerInit extends ListenerOptions {
  readonly gateway: Gateway;
  readonly doors: readonly Door[];
  /** Answers a request of its protocol for which there is no route; false when the request is not of its protocol. */
  readonly answerUnknown: (request: FastifyRequest, reply: FastifyReply) => boolean;
  /** Dialect of errors where no door is known. */
  readonly errors: ErrorDialect;
  /** Web origins that may call; empty means any. */
  readonly corsOrigins: readonly string[];
}

/** Every door on one port. */
export async function createServer(init: ServerInit): Promise<Listener> {
  const listener = createListener(init);
  const { app } = listener;
  await app.register(cors, {
    origin: init.corsOrigins.length === 0 || init.corsOrigins.includes("*") ? true : [...init.corsOrigins],
    methods: ["GET", "POST", "DELETE", "OPTIONS"],
    exposedHeaders: EXPOSED,
    maxAge: 7200,
  });
  addHealth(app, init.gateway);
  app.setErrorHandler((thrown: Error, _request, reply) => {
    reply.hijack();
    const error = ParlanceError.is(thrown) ? thrown : fromHttpFault(thrown);
    writeError(reply.raw, init.errors, error, { ...headersOf(reply), "x-request-id": init.gateway.newId() });
  });
  app.setNotFoundHandler((request, reply) => {
    if (init.answerUnknown(request, reply)) return;
    throw new ParlanceError("not_found", `There is nothing at ${request.method} ${request.url.split("?")[0]}.`);
  });
  for (const door of init.doors) await app.register(door);
  return listener;
}

const EXPOSED = [
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "x-request-id",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "x-parlance-provider",
  "x-parlance-target",
  "x-parlance-model",
  "x-parlance-attempts",
  "x-parlance-lane",
  "x-parlance-cost",
  "x-parlance-config-version",
];

function addHealth(app: FastifyInstance, gateway: Gateway): void {
  app.get("/health", (_request, reply) => reply.send({ status: "ok" }));
  app.get("/ready", (_request, reply) =>
    gateway.isReady()
      ? reply.send({ status: "ready", config_version: gateway.configVersion() })
      : reply.code(503).send({ status: "draining" }),
  );
}
