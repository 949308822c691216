import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { modelLimits } from "../../core/model-limits.js";
import type { ListedModel } from "../../core/target.js";
import { ModelOperation } from "../../sdk/index.js";
import { idHeaders } from "../answer-headers.js";
import { describeModel } from "../describe-model.js";
import { pageOf, readPaging } from "./paging.js";
import { modelNamed, resourceName } from "./resource-name.js";

/** `GET models` (https://ai.google.dev/api/models#method:-models.list). */
export function listModels(gateway: Gateway) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const paging = readPaging(request.query as Record<string, unknown>);
    const models = await gateway.models().list();
    reply.headers(idHeaders(gateway.newId()));
    await reply.send(pageOf(models.map(toGoogle), paging));
  };
}

/** `GET models/{model}`; a name may hold slashes (https://ai.google.dev/api/models#method:-models.get). */
export function getModel(gateway: Gateway) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const model = await describeModel(gateway, modelNamed((request.params as { "*": string })["*"]));
    reply.headers(idHeaders(gateway.newId()));
    await reply.send(toGoogle(model));
  };
}

/** A model's abilities in the words of Google's lists, which leave streams out, as far as this door has them. */
const METHODS: ReadonlyMap<ModelOperation, readonly string[]> = new Map([
  [ModelOperation.COMPLETE, ["generateContent", "countTokens"]],
]);

/** What nobody has told of a model is left out, as the wire has it. */
function toGoogle(model: ListedModel) {
  const { name, operations } = model;
  const { contextWindow, maxOutputTokens } = modelLimits(model);
  return {
    name: resourceName(name),
    displayName: name,
    ...(contextWindow !== undefined && { inputTokenLimit: contextWindow }),
    ...(maxOutputTokens !== undefined && { outputTokenLimit: maxOutputTokens }),
    supportedGenerationMethods: operations.flatMap((operation) => METHODS.get(operation) ?? []),
  };
}
