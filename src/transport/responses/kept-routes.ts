import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { openaiResponses } from "../../dialects/openai-responses/index.js";
import { ParlanceError } from "../../sdk/index.js";
import { idHeaders } from "../answer-headers.js";
import { askHolder, type HolderAnswer } from "./ask-holder.js";
import { inputItemsPage, readItemsQuery } from "./input-items.js";
import type { KeptResponse, KeptResponses } from "./kept-responses.js";

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Handlers for answers that were given before: https://platform.openai.com/docs/api-reference/responses */
export interface KeptRoutes {
  readonly retrieve: Handler;
  readonly remove: Handler;
  readonly cancel: Handler;
  readonly inputItems: Handler;
}

/** What is kept is answered from the store; what only a provider holds is asked of it. */
export function keptRoutes(gateway: Gateway, responses: KeptResponses): KeptRoutes {
  const find = async (request: FastifyRequest): Promise<{ id: string; kept: KeptResponse }> => {
    const { id } = request.params as { id: string };
    const kept = await responses.get(id);
    if (kept === undefined) throw notFound(id);
    return { id, kept };
  };
  const send = async (reply: FastifyReply, body: Buffer | string, holder?: HolderAnswer): Promise<void> => {
    reply.headers({ ...idHeaders(gateway.newId(), openaiResponses), ...holder?.headers });
    reply.header("content-type", holder?.contentType ?? "application/json");
    await reply.send(body);
  };
  /** Asks the holder, at the address of the answer and what comes after it. */
  const ask = async (reply: FastifyReply, method: "GET" | "POST", target: string, path: string): Promise<void> => {
    const holder = await askHolder(gateway, target, method, path);
    await send(reply, holder.body, holder);
  };

  return {
    async retrieve(request, reply) {
      const { id, kept } = await find(request);
      if ((request.query as { stream?: string }).stream === "true") {
        throw new ParlanceError("unsupported", "A kept response is not streamed again. Leave out stream.", {
          field: "stream",
        });
      }
      if (kept.response !== undefined) return send(reply, kept.response);
      return ask(reply, "GET", holding(id, kept), `/${id}${queryOf(request)}`);
    },
    async remove(request, reply) {
      const { id, kept } = await find(request);
      if (kept.target !== undefined) {
        // Gone there already is as good as deleted.
        await askHolder(gateway, kept.target, "DELETE", `/${id}`).catch((error: unknown) => {
          if (ParlanceError.from(error).facts.providerStatus !== 404) throw error;
        });
      }
      await responses.delete(id);
      await send(reply, JSON.stringify({ id, object: "response", deleted: true }));
    },
    async cancel(request, reply) {
      const { id, kept } = await find(request);
      if (kept.response === undefined) return ask(reply, "POST", holding(id, kept), `/${id}/cancel`);
      // As OpenAI says it.
      throw new ParlanceError("invalid_request", "Cannot cancel a synchronous response.", { callerCode: null });
    },
    async inputItems(request, reply) {
      const { id, kept } = await find(request);
      if (kept.response === undefined) {
        return ask(reply, "GET", holding(id, kept), `/${id}/input_items${queryOf(request)}`);
      }
      const query = readItemsQuery(request.query as Record<string, unknown>);
      return send(reply, JSON.stringify(inputItemsPage(id, kept.input, query)));
    },
  };
}

function holding(id: string, { target }: KeptResponse): string {
  if (target === undefined) throw notFound(id);
  return target;
}

/** As OpenAI says it. */
function notFound(id: string): ParlanceError {
  return new ParlanceError("not_found", `Response with id '${id}' not found.`, { callerCode: null });
}

function queryOf({ url }: FastifyRequest): string {
  const at = url.indexOf("?");
  return at === -1 ? "" : url.slice(at);
}
