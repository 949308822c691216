import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { gemini } from "../../dialects/gemini-generate/index.js";
import type { ErrorsAt } from "../errors-at.js";
import type { KeepAlive } from "../keep-alive.js";
import { METHODS, nothing, tellNothing } from "../nothing.js";
import { prepareScope } from "../prepare-scope.js";
import { refuseOverload } from "../refuse-overload.js";
import { callModel } from "./call-model.js";
import { getModel, listModels } from "./models.js";

const DOOR = "gemini";

/** The version that Google's clients ask for unless they are told another: https://ai.google.dev/gemini-api/docs/api-versions */
const BETA = "/v1beta";

/** Of the door's own paths. */
export const geminiErrorsAt: ErrorsAt = ({ url }) => (url.startsWith(`${BETA}/`) ? gemini : undefined);

/** The door for anything that is written for Google's Gemini API: a Fastify scope of its own, with its own errors. */
export function geminiDoor(gateway: Gateway, keepAlive: KeepAlive) {
  return async (scope: FastifyInstance): Promise<void> => {
    prepareScope(scope, gateway, DOOR, gemini);
    refuseOverload(scope, gateway);
    const call = callModel(gateway, DOOR, keepAlive);
    scope.post(`${BETA}/models/*`, call);
    // The lists of this version are other doors'.
    scope.post("/v1/models/*", call);
    scope.get(`${BETA}/models`, listModels(gateway));
    scope.get(`${BETA}/models/*`, getModel(gateway));
    scope.route({ method: METHODS, url: BETA, ...nothing });
    // Some clients leave `models/` away before a name that holds a slash.
    scope.post(`${BETA}/*`, { onRequest: tellWhatIsNoCall }, call);
    scope.route({ method: METHODS.filter((method) => method !== "POST"), url: `${BETA}/*`, ...nothing });
  };
}

/** A path without a method is refused before its body is looked at, as every other at which there is nothing. */
async function tellWhatIsNoCall(request: FastifyRequest): Promise<void> {
  if (!(request.params as { "*": string })["*"].includes(":")) await tellNothing(request);
}
