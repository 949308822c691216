import { fromJson, type JsonObject, type Message, ScalarType } from "@bufbuild/protobuf";
import type { FastifyRequest } from "fastify";
import { invalid, isObject, ParlanceError } from "../../sdk/index.js";
import type { RestMethod } from "./rest-route.js";

/** Makes the message of a request: of what its path says, and of its query or its body. Throws `invalid_request`. */
export function readRestRequest(
  method: RestMethod,
  fields: Readonly<Record<string, string>>,
  request: FastifyRequest,
): Message {
  const said =
    request.method === "GET" ? fromQuery(method, request.query as Record<string, unknown>) : fromBody(request);
  for (const name of Object.keys(fields)) {
    if (said[name] !== undefined) throw invalid(name, `${name} is in the path already.`);
  }
  try {
    return fromJson(method.input, { ...said, ...fields });
  } catch (thrown) {
    const told = (thrown as Error).message;
    throw new ParlanceError("invalid_request", `The request is no ${method.input.typeName}: ${told}.`);
  }
}

function fromBody({ body }: FastifyRequest): JsonObject {
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (thrown) {
    throw new ParlanceError("invalid_request", `The body is not JSON: ${(thrown as Error).message}.`);
  }
  if (!isObject(value)) throw new ParlanceError("invalid_request", "The body is not a JSON object.");
  return value;
}

/** A query holds texts. The JSON form takes texts for all that a request holds but truth values; a list may repeat. */
function fromQuery({ input }: RestMethod, query: Record<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const texts = [value].flat() as string[];
      const field = input.fields.find((one) => one.name === name || one.jsonName === name);
      const read = (text: string): string | boolean =>
        field?.scalar === ScalarType.BOOL && /^(?:true|false)$/.test(text) ? text === "true" : text;
      const isOne = texts.length === 1 && field?.fieldKind !== "list";
      return [name, isOne ? read(texts[0] as string) : texts.map(read)];
    }),
  );
}
