import type { FastifyInstance } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { openaiResponses } from "../../dialects/openai-responses/index.js";
import type { Store } from "../../store/store.js";
import type { KeepAlive } from "../keep-alive.js";
import { prepareScope } from "../prepare-scope.js";
import { refuseOverload } from "../refuse-overload.js";
import { countInput } from "./count-input.js";
import { createResponse } from "./create-response.js";
import { keptResponses } from "./kept-responses.js";
import { keptRoutes } from "./kept-routes.js";

const DOOR = "openai-responses";

/** The door for OpenAI's Responses: a Fastify scope of its own, with its own errors. `keepMs`: how long answers are kept. */
export function responsesDoor(gateway: Gateway, keepAlive: KeepAlive, store: Store, keepMs: number) {
  return async (scope: FastifyInstance): Promise<void> => {
    prepareScope(scope, gateway, DOOR, openaiResponses);
    refuseOverload(scope, gateway);
    const responses = keptResponses(store, gateway.clock, keepMs);
    const kept = keptRoutes(gateway, responses);
    scope.post("/v1/responses", createResponse(gateway, DOOR, keepAlive, responses));
    scope.post("/v1/responses/input_tokens", countInput(gateway, DOOR, responses));
    scope.get("/v1/responses/:id", kept.retrieve);
    scope.delete("/v1/responses/:id", kept.remove);
    scope.post("/v1/responses/:id/cancel", kept.cancel);
    scope.get("/v1/responses/:id/input_items", kept.inputItems);
  };
}
