import {
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type ModelTraits,
  type ResponseFormat,
  type ToolChoice,
  ToolChoiceMode,
} from "@parlance/sdk";
import type { Family } from "./family.js";
import { tellForeign } from "./own.js";
import { ANSWER_TOOL } from "./wire.js";

/** How a form of the answer is asked for on the wire. */
export interface AnswerForm {
  /** `outputConfig.textFormat`. */
  readonly textFormat?: JsonObject;
  /** The tool that takes the answer, and the choice that has it called. */
  readonly tool?: { readonly definition: JsonObject; readonly choice: JsonObject };
  /** Words for the end of `system`. */
  readonly instruction?: string;
}

const JSON_ONLY = "Answer with one JSON object and nothing else: no words around it, no code fence.";

/**
 * Asks for the form of the answer: by the wire's own structured output, or through a hidden tool whose arguments are the
 * answer, which the decoders of this dialect turn back into text, or in words.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 * `otherTools`: whether the caller has tools of its own.
 */
export function encodeAnswerForm(
  format: ResponseFormat | undefined,
  choice: ToolChoice | undefined,
  otherTools: boolean,
  traits: ModelTraits,
  family: Family,
  losses: Losses,
): AnswerForm {
  if (format === undefined) return {};
  tellForeign(format, "response_format", losses);
  if (format.kind.case === "jsonObject") {
    losses.approximate("response_format.json_object", "The target has no such mode: JSON is asked for in words.");
    return { instruction: JSON_ONLY };
  }
  if (format.kind.case !== "jsonSchema") return {};
  const { schema, name, description, strict } = format.kind.value;
  const path = "response_format.json_schema";
  if (schema === undefined) throw invalid(`${path}.schema`, `${path}.schema is required.`);
  if (traits.jsonSchema !== false) {
    const closed = closeObjects(schema) as JsonObject;
    if (JSON.stringify(closed) !== JSON.stringify(schema)) {
      losses.approximate(`${path}.schema`, "The target enforces schemas of closed objects only: others are closed.");
    }
    const jsonSchema = {
      schema: JSON.stringify(closed),
      ...(name !== undefined && { name }),
      ...(description !== undefined && description !== "" && { description }),
    };
    return { textFormat: { type: "json_schema", structure: { jsonSchema } } };
  }
  if (strict === true)
    losses.approximate(`${path}.strict`, "The target's model is asked for the schema, not held to it.");
  if (schema.type !== "object" || !family.choices.includes("any")) {
    losses.approximate(path, "The target's model takes no such schema: it is asked for in words.");
    return {
      instruction: `Answer with JSON that obeys this JSON schema, and nothing else:\n${JSON.stringify(schema)}`,
    };
  }
  return { tool: answerTool(schema, description, choice, otherTools) };
}

function answerTool(
  schema: JsonObject,
  description: string | undefined,
  choice: ToolChoice | undefined,
  otherTools: boolean,
): NonNullable<AnswerForm["tool"]> {
  const words = `Gives the final answer to the user.${description ? ` ${description}` : ""}`;
  const definition = { toolSpec: { name: ANSWER_TOOL, description: words, inputSchema: { json: schema } } };
  // With tools of the caller's own, the model calls one of them or answers; alone, any call is the answer.
  const named = otherTools && choice?.mode === ToolChoiceMode.TOOL ? choice.name : undefined;
  return { definition, choice: named === undefined ? { any: {} } : { tool: { name: named } } };
}

/** The schema with every object closed, as the wire wants it; keywords that tell more than one schema are walked. */
function closeObjects(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(closeObjects);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (MAPS.has(name) && isObject(member)) {
      out[name] = Object.fromEntries(Object.entries(member).map(([key, inner]) => [key, closeObjects(inner)]));
    } else out[name] = SCHEMAS.has(name) ? closeObjects(member) : member;
  }
  const isOpen = value.type === "object" && value.additionalProperties === undefined;
  return isOpen ? { ...out, additionalProperties: false } : out;
}

const MAPS: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);
const SCHEMAS: ReadonlySet<string> = new Set(["items", "anyOf", "allOf", "oneOf", "prefixItems"]);
