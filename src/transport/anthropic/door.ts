import type { FastifyInstance, FastifyRequest, HTTPMethods } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { anthropicMessages } from "../../dialects/anthropic-messages/index.js";
import { ParlanceError } from "../../sdk/index.js";
import { completeChat } from "../complete-chat.js";
import type { KeepAlive } from "../keep-alive.js";
import { prepareScope } from "../prepare-scope.js";
import { countTokens } from "./count-tokens.js";
import { getModel, listModels } from "./models.js";

const DOOR = "anthropic";

/** What every client of the vendor's sends: https://platform.claude.com/docs/en/api/versioning */
const VERSION_HEADER = "anthropic-version";

/** Tells a caller of this dialect on the paths that several dialects have. */
const SPEAKS = {
  name: "anthropicVersion",
  storage: () => {
    const handlers = new Map<unknown, unknown>();
    return {
      get: (value: unknown) => handlers.get(value) ?? null,
      set: (value: unknown, handler: unknown) => void handlers.set(value, handler),
    };
  },
  validate: () => {},
  deriveConstraint: ({ headers }: FastifyRequest["raw"]) => (headers[VERSION_HEADER] === undefined ? undefined : true),
};
const SPOKEN = { constraints: { [SPEAKS.name]: true } };

const METHODS: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** The door for anything that is written for Anthropic: a Fastify scope of its own, with its own errors. */
export function anthropicDoor(gateway: Gateway, keepAlive: KeepAlive) {
  return async (scope: FastifyInstance): Promise<void> => {
    prepareScope(scope, gateway, DOOR, anthropicMessages);
    scope.addConstraintStrategy(SPEAKS as Parameters<typeof scope.addConstraintStrategy>[0]);
    scope.post("/v1/messages", completeChat(gateway, anthropicMessages, DOOR, keepAlive));
    scope.post("/v1/messages/count_tokens", countTokens(gateway, anthropicMessages, DOOR));
    scope.get("/v1/models", SPOKEN, listModels(gateway));
    scope.get("/v1/models/*", SPOKEN, getModel(gateway));
    // Before the body is looked at: what there is nothing at needs no right content type.
    const nothing = { onRequest: tellNothing, handler: tellNothing };
    scope.route({ method: METHODS.filter((method) => method !== "POST"), url: "/v1/messages", ...nothing });
    scope.route({ method: METHODS, url: "/v1/messages/*", ...nothing });
    scope.route({ method: METHODS, url: "/*", ...SPOKEN, ...nothing });
  };
}

async function tellNothing({ method, url }: FastifyRequest): Promise<never> {
  throw new ParlanceError("not_found", `There is nothing at ${method} ${url.split("?")[0]}.`);
}
