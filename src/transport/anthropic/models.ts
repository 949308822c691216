import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { modelLimits } from "../../core/model-limits.js";
import type { ListedModel } from "../../core/target.js";
import { anthropicMessages } from "../../dialects/anthropic-messages/index.js";
import { ModelOperation } from "../../sdk/index.js";
import { idHeaders } from "../answer-headers.js";
import { describeModel } from "../describe-model.js";
import { pageOf, readPaging } from "./paging.js";

/** `GET /v1/models`: those that complete chats (https://platform.claude.com/docs/en/api/models/list). */
export function listModels(gateway: Gateway) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const paging = readPaging(request.query as Record<string, unknown>);
    const models = (await gateway.models().list()).filter(({ operations }) =>
      operations.includes(ModelOperation.COMPLETE),
    );
    reply.headers(idHeaders(gateway.newId(), anthropicMessages));
    await reply.send(pageOf(models.map(toAnthropic), paging));
  };
}

/** `GET /v1/models/{id}`; an id may hold slashes (https://platform.claude.com/docs/en/api/models/retrieve). */
export function getModel(gateway: Gateway) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const model = await describeModel(gateway, (request.params as { "*": string })["*"]);
    reply.headers(idHeaders(gateway.newId(), anthropicMessages));
    await reply.send(toAnthropic(model));
  };
}

/** What nobody has told of a model is null, as the wire has it. */
function toAnthropic(model: ListedModel) {
  const { name, created } = model;
  const { contextWindow, maxOutputTokens } = modelLimits(model);
  return {
    type: "model",
    id: name,
    display_name: name,
    created_at: new Date(created * 1000).toISOString().replace(".000Z", "Z"),
    lifecycle: "active",
    deprecated_at: null,
    retires_at: null,
    line: null,
    capabilities: null,
    max_input_tokens: contextWindow ?? null,
    max_tokens: maxOutputTokens ?? null,
  };
}
