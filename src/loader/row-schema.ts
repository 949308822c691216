import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { isObject, nearest } from "../sdk/index.js";
import type { Row } from "./row.js";

const text = { type: "string", minLength: 1 };
const address = { type: "string", pattern: "^https?://[^\\s]*[^/\\s]$" };
const page = { type: "string", pattern: "^https://" };
const variable = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" };
const variables = { anyOf: [variable, { type: "array", minItems: 1, items: variable }] };
const header = { type: "string", pattern: "^[a-z0-9-]+$" };
const path = { type: "string", pattern: "^/[^\\s]*$" };

const endpoint = {
  type: "object",
  additionalProperties: false,
  required: ["dialect", "path"],
  properties: { dialect: text, path, token_count_path: path },
};

/** Members of `ModelTraits`, in snake case. */
const traits = {
  type: "object",
  additionalProperties: false,
  minProperties: 1,
  properties: {
    max_output_tokens: { type: "integer", minimum: 1 },
    sampling: { enum: ["any", "one_of_temperature_top_p", "fixed"] },
    reasoning: { enum: ["none", "budget", "adaptive"] },
    efforts: { type: "array", items: text },
    json_schema: { type: "boolean" },
    tools_with_format: { type: "boolean" },
    system_in_conversation: { type: "boolean" },
    prefill: { type: "boolean" },
    system_role: { enum: ["system", "developer"] },
    max_tokens_field: { enum: ["max_tokens", "max_completion_tokens"] },
    developer_role: { type: "boolean" },
    refuses: { type: "array", minItems: 1, items: text },
    renames: { type: "object", additionalProperties: text },
    reasoning_field: { enum: ["reasoning_content", "reasoning"] },
    completions: { type: "boolean" },
  },
};

const row = {
  type: "object",
  additionalProperties: false,
  required: ["name", "title", "docs", "base_url", "chat"],
  properties: {
    name: { type: "string", pattern: "^[a-z0-9][a-z0-9._-]*$" },
    title: text,
    docs: page,
    base_url: address,
    api_key: variables,
    api_key_header: header,
    settings: {
      type: "object",
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["description", "pattern"],
        properties: { description: text, pattern: text, environment: variables },
      },
    },
    headers: { type: "object", propertyNames: header, additionalProperties: text },
    chat: endpoint,
    other_chats: { type: "array", items: endpoint },
    completions: endpoint,
    embeddings: endpoint,
    request_id_header: header,
    catalog: text,
    quirks: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["traits", "source"],
        properties: { models: text, traits, source: page },
      },
    },
  },
};

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile<Row>(row);

/** What is wrong with one row, in sentences that name the member; empty when it can be used. */
export function rowProblems(value: unknown): string[] {
  if (validate(value)) return [];
  const name = isObject(value) && typeof value.name === "string" ? value.name : "without a name";
  return [...new Set((validate.errors ?? []).map((error) => `The row ${name}: ${sentence(error)}`))];
}

function sentence({ keyword, instancePath, params, message }: ErrorObject): string {
  const at = instancePath === "" ? "" : `"${instancePath.slice(1).replaceAll("/", ".")}"`;
  const { additionalProperty, missingProperty } = params as Record<string, string | undefined>;
  if (keyword === "additionalProperties" && additionalProperty !== undefined) {
    const [near] = nearest(additionalProperty, Object.keys(at === "" ? row.properties : traits.properties));
    const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
    return `"${at === "" ? "" : `${at.slice(1, -1)}.`}${additionalProperty}" is not known.${hint}`;
  }
  if (keyword === "required") return `it lacks ${at === "" ? "" : `${at}.`}"${missingProperty}".`;
  return `${at === "" ? "it" : at} ${message ?? "is not as it must be"}.`;
}
