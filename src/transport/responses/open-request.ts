import type { FastifyRequest } from "fastify";
import type { WireRequest } from "../../core/exchange.js";
import { openaiResponses } from "../../dialects/openai-responses/index.js";
import type { ChatDialect } from "../../sdk/index.js";
import { callerHeaders } from "../caller-headers.js";
import { type RequestControls, readControls } from "../request-controls.js";
import { type RestBody, readRestBody } from "../rest-body.js";
import { adaptRequest, holderOf } from "./adapt-request.js";
import type { KeptResponses } from "./kept-responses.js";
import { type Asked, readAsked } from "./read-asked.js";

/** A request with all that the door knows of it. */
export interface OpenedRequest {
  readonly body: RestBody;
  readonly controls: RequestControls;
  readonly asked: Asked;
  readonly wire: WireRequest<ChatDialect>;
  /** Name of the provider that holds the conversation. */
  readonly heldBy: string | undefined;
}

/** Reads a request, and looks up what it follows. Throws `invalid_request` that names the field. */
export async function openRequest(request: FastifyRequest, responses: KeptResponses): Promise<OpenedRequest> {
  const body = readRestBody(request.body);
  const asked = readAsked(body);
  const controls = readControls(request.raw, body);
  // Where nothing can be looked up, a target that holds the conversation may still answer; others will say why not.
  const previous =
    asked.previous === undefined ? undefined : await responses.get(asked.previous).catch(() => undefined);
  const wire: WireRequest<ChatDialect> = {
    dialect: openaiResponses,
    body: body.bytes,
    members: body.members,
    headers: callerHeaders(request.headers, openaiResponses),
  };
  const adapt = adaptRequest(wire, { asked, previous, responses });
  return {
    body,
    controls,
    asked,
    wire: adapt === undefined ? wire : { ...wire, adapt },
    heldBy: previous && holderOf(previous),
  };
}
