import {
  invalid,
  type JsonObject,
  type JsonValue,
  type Losses,
  type ModelTraits,
  type ResponseFormat,
  type ToolChoice,
  ToolChoiceMode,
} from "../../sdk/index.js";
import { formOf, restore, tellForeign } from "./own.js";
import { sanitizeSchema } from "./sanitize-schema.js";
import { ANSWER_TOOL } from "./wire.js";

/** How a form of the answer is asked for on the wire. */
export interface AnswerForm {
  /** Member and value that ask for it by name: `output_config.format`, or `output_format` of an earlier wire. */
  readonly native?: { readonly place: "output_config" | "output_format"; readonly format: JsonObject };
  /** The tool that takes the answer, and the choice that has it called. */
  readonly tool?: { readonly definition: JsonObject; readonly choice: JsonObject };
  /** Words for the end of `system`. */
  readonly instruction?: string;
}

const JSON_ONLY = "Answer with one JSON object and nothing else: no words around it, no code fence.";

/**
 * Asks for the form of the answer: by the wire's own structured outputs, or else through a hidden tool whose arguments
 * are the answer, which the decoders of this dialect turn back into text; any JSON object is asked for in words.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function encodeAnswerForm(
  format: ResponseFormat | undefined,
  choice: ToolChoice | undefined,
  otherTools: number,
  traits: ModelTraits,
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
  if (schema === undefined)
    throw invalid("response_format.json_schema.schema", "response_format.json_schema.schema is required.");
  const { place } = formOf(format);
  if (traits.jsonSchema !== false) {
    if (place === "output_config" || place === "output_format") {
      const words = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
      return { native: { place, format: restore({ type: "json_schema", schema, ...words }, format) } };
    }
    const { schema: clean, moved } = sanitizeSchema(schema);
    if (moved.length > 0) {
      losses.approximate(
        "response_format.json_schema.schema",
        `The target does not enforce ${moved.join(", ")}: told in descriptions.`,
      );
    }
    if (description !== undefined && clean.description === undefined) clean.description = description;
    return { native: { place: "output_config", format: { type: "json_schema", schema: clean } } };
  }
  if (strict === true)
    losses.approximate(
      "response_format.json_schema.strict",
      "The target's model is asked for the schema, not held to it.",
    );
  if (schema.type !== "object") {
    losses.approximate(
      "response_format.json_schema",
      "The target's model takes schemas of objects only: it is asked for in words.",
    );
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
  otherTools: number,
): NonNullable<AnswerForm["tool"]> {
  const words = `Gives the final answer to the user.${description === undefined || description === "" ? "" : ` ${description}`}`;
  const definition = { name: ANSWER_TOOL, description: words, input_schema: schema };
  const mode = otherTools === 0 ? ToolChoiceMode.NONE : (choice?.mode ?? ToolChoiceMode.AUTO);
  // With tools of the caller's own, the model calls one of them or answers.
  const forced: JsonValue =
    mode === ToolChoiceMode.TOOL && choice?.name !== undefined
      ? { type: "tool", name: choice.name }
      : mode === ToolChoiceMode.NONE
        ? { type: "tool", name: ANSWER_TOOL }
        : { type: "any" };
  return { definition, choice: { ...forced, disable_parallel_tool_use: true } };
}
