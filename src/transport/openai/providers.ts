import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { HEALTH_RULE, WINDOW_MS } from "../../core/provider-health.js";
import type { ListedProvider } from "../../core/target.js";
import { idHeaders } from "../answer-headers.js";

/** `GET /v1/providers`: what is configured, and how it does. A shape of the gateway's own, in OpenAI's kind of list. */
export function listProviders(gateway: Gateway) {
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const providers = await gateway.providers().list();
    reply.headers(idHeaders(gateway.newId()));
    await reply.send({ object: "list", data: providers.map(toListed) });
  };
}

/** `GET /v1/providers/{id}/health`: what the attempt loop has seen of one in the last minutes. */
export function getHealth(gateway: Gateway) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { id } = request.params as { id: string };
    const { state, attempts, failures, lastSuccessAt, lastError, medianTtftMs } = gateway
      .providers()
      .health(id)
      .report();
    reply.headers(idHeaders(gateway.newId()));
    await reply.send({
      id,
      object: "provider.health",
      state,
      window_seconds: WINDOW_MS / 1000,
      attempts,
      failures,
      last_success_at: timeOf(lastSuccessAt),
      last_error:
        lastError === undefined
          ? null
          : { code: lastError.code, status: lastError.status ?? null, at: timeOf(lastError.at) },
      median_ttft_ms: medianTtftMs === undefined ? null : Math.round(medianTtftMs * 10) / 10,
      rule: HEALTH_RULE,
    });
  };
}

function toListed({ name, plugin, dialects, host, health, models, problem }: ListedProvider): Record<string, unknown> {
  return {
    id: name,
    object: "provider",
    plugin,
    dialects,
    host: host ?? null,
    // Without its plugin it cannot be asked at all.
    state: problem === undefined ? health.report().state : "down",
    models,
    ...(problem !== undefined && { error: { code: problem.code, message: problem.message } }),
  };
}

function timeOf(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
