import {
  type ChatRequest,
  invalid,
  type JsonObject,
  type Losses,
  type ModelTraits,
  type ResponseFormat,
  tellForeignFields,
  tellHomelessFields,
} from "@parlance/sdk";
import { DIALECT } from "./wire.js";

/**
 * Writes the form of the answer: https://docs.cohere.com/docs/structured-outputs. Beside tools and documents the wire
 * takes none: there the form is asked for in words, as the last of the instructions.
 */
export function writeResponseFormat(
  request: ChatRequest,
  out: JsonObject,
  messages: JsonObject[],
  traits: ModelTraits,
  losses: Losses,
): void {
  const format = request.responseFormat;
  if (format === undefined) return;
  tellForeignFields(format, "response_format", DIALECT, losses);
  tellHomelessFields(format, "response_format", DIALECT, losses);
  const written = encodeFormat(format, losses);
  if (written === undefined) return;
  const grounded = out.documents !== undefined || (out.tools !== undefined && traits.toolsWithFormat === false);
  if (!grounded) {
    out.response_format = written;
    return;
  }
  losses.approximate(
    "response_format",
    "The target takes no form of the answer beside tools and documents: it is asked for in words.",
  );
  const spoken = messages.findIndex(({ role }) => role !== "system");
  messages.splice(spoken === -1 ? messages.length : spoken, 0, { role: "system", content: words(written) });
}

function words({ json_schema: schema }: JsonObject): string {
  return schema === undefined
    ? "Give your final answer as one JSON object and nothing else."
    : `Give your final answer as JSON that obeys this JSON schema, and nothing else:\n${JSON.stringify(schema)}`;
}

function encodeFormat({ kind }: ResponseFormat, losses: Losses): JsonObject | undefined {
  if (kind.case === "jsonObject") return { type: "json_object" };
  if (kind.case !== "jsonSchema") return undefined;
  const { schema, name, description, strict } = kind.value;
  const path = "response_format.json_schema";
  if (schema === undefined) throw invalid(`${path}.schema`, `${path}.schema is required.`);
  if (strict === false) losses.drop(`${path}.strict`, "The target holds every answer to the schema.");
  if (name !== undefined && schema.title !== name) losses.drop(`${path}.name`, "The target takes no name of a schema.");
  const described = description !== undefined && schema.description === undefined;
  return { type: "json_object", json_schema: described ? { ...schema, description } : schema };
}
