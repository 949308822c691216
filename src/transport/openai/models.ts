import { toJson } from "@bufbuild/protobuf";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import type { ListedModel } from "../../core/target.js";
import { toModelTarget } from "../../core/target-message.js";
import { ModelOperation, ModelTargetSchema } from "../../sdk/index.js";
import { describeModel } from "../describe-model.js";

/** `GET /v1/models`, in the shape of OpenAI's list (https://platform.openai.com/docs/api-reference/models/list). */
export function listModels(gateway: Gateway) {
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const models = await gateway.models().list();
    await reply.send({ object: "list", data: models.map(toOpenAi) });
  };
}

/** `GET /v1/models/{id}`; an id may hold slashes. */
export function getModel(gateway: Gateway) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const model = await describeModel(gateway, (request.params as { "*": string })["*"]);
    await reply.send(toOpenAi(model));
  };
}

function toOpenAi(model: ListedModel): Record<string, unknown> {
  return {
    id: model.name,
    object: "model",
    created: model.created,
    owned_by: model.targets[0]?.provider ?? "parlance",
    // Where it can run and what it can do there, as `parlance.v1.Model` has it.
    parlance: {
      targets: model.targets.map((target) =>
        toJson(ModelTargetSchema, toModelTarget(target), { useProtoFieldName: true }),
      ),
      operations: model.operations.map((operation) => ModelOperation[operation].toLowerCase()),
    },
  };
}
