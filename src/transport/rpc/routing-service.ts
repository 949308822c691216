import type { IncomingHttpHeaders } from "node:http";
import type { ServiceImpl } from "@connectrpc/connect";
import type { AnswerSink } from "../../core/answer.js";
import { Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import type { ExplainRouteRequest, RoutingService } from "../../gen/parlance/v1/routing_service_pb.js";
import { invalid, ParlanceError, type RoutePlan } from "../../sdk/index.js";
import { readControls } from "../request-controls.js";
import { inCallersWords } from "../routing-hints.js";
import { readChat, readEmbedding, type RpcAsk } from "./completion-methods.js";
import { toConnectError } from "./connect-error.js";

const DOOR = "rpc";

/** `parlance.v1.RoutingService` over the gateway. */
export function routingService(gateway: Gateway): ServiceImpl<typeof RoutingService> {
  return {
    async explainRoute(request, { requestHeader }) {
      const id = gateway.newId();
      try {
        return { plan: await explain(gateway, id, request, [...requestHeader]) };
      } catch (thrown) {
        throw toConnectError(ParlanceError.from(thrown), id);
      }
    },
  };
}

async function explain(
  gateway: Gateway,
  id: string,
  request: ExplainRouteRequest,
  sent: readonly [string, string][],
): Promise<RoutePlan> {
  const { ask, model, ...said } = readRequest(request);
  const headers: IncomingHttpHeaders = Object.fromEntries(sent);
  const { strict, routing, caller } = readControls({ headers, rawHeaders: sent.flat() }, said);
  return new Promise((resolve, reject) => {
    const exchange = new Exchange({
      id,
      door: DOOR,
      ask,
      model,
      stream: request.stream,
      strict,
      routing,
      caller,
      sink: { ...NO_ANSWER, fail: (error) => reject(inCallersWords(error, caller)) },
      clock: gateway.clock,
      explain: resolve,
    });
    void gateway.handle(exchange);
  });
}

function readRequest({ request }: ExplainRouteRequest): RpcAsk {
  if (request.case === "chat") return readChat(request.value, "complete");
  if (request.case === "embedding") return readEmbedding(request.value);
  throw invalid("chat", "chat or embedding is required: the request whose plan is wanted.");
}

const never = (): never => {
  throw new Error("a plan has no answer");
};
/** Calls nobody, and so has nothing to hand on. */
const NO_ANSWER: AnswerSink = {
  source: undefined,
  whole: never,
  open: never,
  frame: never,
  close: never,
  fail: never,
};
