import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { anthropicMessages } from "../../dialects/anthropic-messages/index.js";
import { completeChat } from "../complete-chat.js";
import { countTokens } from "../count-tokens.js";
import type { ErrorsAt } from "../errors-at.js";
import type { KeepAlive } from "../keep-alive.js";
import { METHODS, nothing } from "../nothing.js";
import { prepareScope } from "../prepare-scope.js";
import { refuseOverload } from "../refuse-overload.js";
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

/** Of the door's own paths, those that are passed on, and whoever sends the vendor's header. */
export const anthropicErrorsAt: ErrorsAt = ({ url, headers }) =>
  /^\/(?:anthropic|v1\/messages)\//.test(url) || headers[VERSION_HEADER] !== undefined ? anthropicMessages : undefined;

/** The door for anything that is written for Anthropic: a Fastify scope of its own, with its own errors. */
export function anthropicDoor(gateway: Gateway, keepAlive: KeepAlive) {
  return async (scope: FastifyInstance): Promise<void> => {
    prepareScope(scope, gateway, DOOR, anthropicMessages);
    refuseOverload(scope, gateway);
    scope.addConstraintStrategy(SPEAKS as Parameters<typeof scope.addConstraintStrategy>[0]);
    scope.post("/v1/messages", completeChat(gateway, anthropicMessages, DOOR, keepAlive));
    scope.post("/v1/messages/count_tokens", countTokens(gateway, anthropicMessages, DOOR));
    scope.get("/v1/models", SPOKEN, listModels(gateway));
    scope.get("/v1/models/*", SPOKEN, getModel(gateway));
    scope.route({ method: METHODS.filter((method) => method !== "POST"), url: "/v1/messages", ...nothing });
    scope.route({ method: METHODS, url: "/v1/messages/*", ...nothing });
    scope.route({ method: METHODS, url: "/*", ...SPOKEN, ...nothing });
  };
}
