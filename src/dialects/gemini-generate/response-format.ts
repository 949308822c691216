import { isDeepStrictEqual } from "node:util";
import {
  type ChatRequest,
  create,
  invalid,
  isObject,
  type JsonObject,
  type Losses,
  type ModelTraits,
  ResponseFormatSchema,
} from "../../sdk/index.js";
import { formOf, restore, tellForeign, type WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";
import { schemaFromGoogle } from "./schema-from-google.js";
import { schemaToGoogle } from "./schema-to-google.js";

const JSON_TYPE = "application/json";
const PLACES = ["responseJsonSchema", "responseSchema"] as const;

/**
 * Takes the form of the answer: `responseMimeType` with `responseJsonSchema` or `responseSchema`. Media types that the
 * vocabulary has no word for, such as `text/x.enum`, stay fields of the dialect.
 * https://ai.google.dev/gemini-api/docs/structured-output
 */
export function takeResponseFormat(config: WireObject, request: WireObject, init: RequestInit): void {
  const type = config.peek("responseMimeType");
  if (type === "text/plain") {
    config.take("responseMimeType");
    init.responseFormat = create(ResponseFormatSchema, { kind: { case: "text", value: {} } });
    return;
  }
  if (type !== JSON_TYPE) return;
  config.take("responseMimeType");
  const place = PLACES.find((name) => isObject(config.peek(name)));
  if (place === undefined) {
    init.responseFormat = create(ResponseFormatSchema, { kind: { case: "jsonObject", value: {} } });
    return;
  }
  const told = config.take(place) as JsonObject;
  const schema = place === "responseSchema" ? schemaFromGoogle(told) : told;
  request.note("format", place);
  if (!isDeepStrictEqual(schema, told)) request.note("schema", told);
  init.responseFormat = create(ResponseFormatSchema, { kind: { case: "jsonSchema", value: { schema } } });
}

/** Keywords that are obeyed: https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support */
const OBEYED: ReadonlySet<string> = new Set([
  "$id",
  "$defs",
  "$ref",
  "$anchor",
  "$schema",
  "$comment",
  "definitions",
  "type",
  "format",
  "title",
  "description",
  "default",
  "examples",
  "const",
  "enum",
  "items",
  "prefixItems",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "anyOf",
  "oneOf",
  "properties",
  "additionalProperties",
  "required",
  "propertyOrdering",
]);

/** Writes the form of the answer into `generationConfig`. */
export function writeResponseFormat(request: ChatRequest, out: JsonObject, traits: ModelTraits, losses: Losses): void {
  const format = request.responseFormat;
  if (format === undefined) return;
  tellForeign(format, "response_format", losses);
  if (format.kind.case === "text") {
    if (formOf(request).own === true) out.responseMimeType = "text/plain";
    return;
  }
  out.responseMimeType = JSON_TYPE;
  if (format.kind.case !== "jsonSchema") return;
  const { schema } = format.kind.value;
  const path = "response_format.json_schema.schema";
  if (schema === undefined) throw invalid(path, `${path} is required.`);
  const form = formOf(request);
  if (form.format === "responseSchema") {
    const google = isObject(form.schema) ? form.schema : schema;
    if (isDeepStrictEqual(schemaFromGoogle(google), schema)) {
      out.responseSchema = google;
      return;
    }
  }
  if (traits.jsonSchema === false) {
    const { schema: google, lost } = schemaToGoogle(schema, path);
    if (lost.length > 0) losses.approximate(path, `The target's model does not know ${lost.join(", ")}: left out.`);
    out.responseSchema = google;
  } else {
    const { description } = format.kind.value;
    const described = description !== undefined && schema.description === undefined;
    out.responseJsonSchema = described ? { ...schema, description } : schema;
    const loose = form.own === true ? [] : [...looseKeywords(schema)].sort();
    if (loose.length > 0) losses.approximate(path, `The target does not enforce ${loose.join(", ")}.`);
  }
  restore(out, format);
}

/** The keywords of a schema that are read, but not obeyed. */
function looseKeywords(schema: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const item of schema) looseKeywords(item, found);
  if (!isObject(schema)) return found;
  for (const name in schema) {
    const value = schema[name];
    if (!OBEYED.has(name)) found.add(name);
    else if (name === "properties" || name === "$defs" || name === "definitions") {
      if (isObject(value)) for (const key in value) looseKeywords(value[key], found);
    } else if (["items", "prefixItems", "anyOf", "oneOf", "additionalProperties"].includes(name)) {
      looseKeywords(value, found);
    }
  }
  return found;
}
