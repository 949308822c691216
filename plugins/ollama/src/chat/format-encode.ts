import {
  invalid,
  type JsonValue,
  type Losses,
  type ResponseFormat,
  tellForeignFields,
  tellHomelessFields,
} from "@parlance/sdk";
import { DIALECT } from "./wire.js";

/** `format`: a JSON schema, or the word for any JSON (https://docs.ollama.com/capabilities/structured-outputs). */
export function encodeFormat(format: ResponseFormat | undefined, losses: Losses): JsonValue | undefined {
  if (format === undefined) return undefined;
  tellForeignFields(format, "response_format", DIALECT, losses);
  tellHomelessFields(format, "response_format", DIALECT, losses);
  const { kind } = format;
  if (kind.case === "jsonObject") return "json";
  if (kind.case !== "jsonSchema") return undefined;
  const { schema, name, description, strict } = kind.value;
  const path = "response_format.json_schema";
  if (schema === undefined) throw invalid(`${path}.schema`, `${path}.schema is required.`);
  // A grammar is made of it, which is always obeyed.
  if (strict === false) losses.drop(`${path}.strict`, "The target holds every answer to the schema.");
  if (name !== undefined && schema.title !== name) losses.drop(`${path}.name`, "The target takes no name of a schema.");
  return description === undefined || schema.description !== undefined ? schema : { ...schema, description };
}
