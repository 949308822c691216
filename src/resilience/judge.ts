import { type ErrorObject, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Verdict } from "../core/target.js";
import {
  type ChatRequest,
  type Completion,
  type Finish,
  FinishReason,
  isObject,
  type JsonObject,
  type Part,
} from "../sdk/index.js";

/** Schemas that are kept compiled: as many as one gateway is likely to be asked for at a time. */
const MOST_SCHEMAS = 200;
/** Longest schema that is compiled, in characters, and a keyword of which none is. */
const LONGEST_SCHEMA = 64 * 1024;
const UNJUDGED = '"patternProperties"';
/** Largest answer that is held to a schema, in characters: a check must not keep the gateway from everybody else. */
const LONGEST_CHECKED = 1024 * 1024;

/** Why an answer is not good enough, in words for the record; undefined when it is. */
export function judge(verdict: Verdict, request: ChatRequest, { choices }: Completion): string | undefined {
  for (const { finish, message } of choices) {
    const parts = message?.parts ?? [];
    const why =
      ofFinish(verdict, finish) ??
      (verdict.guardrail ? ofGuardrail(finish, parts) : undefined) ??
      (verdict.schema ? ofForm(request, parts) : undefined);
    if (why !== undefined) return why;
  }
  return undefined;
}

function ofFinish({ finish: unwanted }: Verdict, finish: Finish | undefined): string | undefined {
  if (finish === undefined || !unwanted.has(finish.reason)) return undefined;
  return finishWords(finish);
}

/** Why an answer is not good enough whose finish is unwanted. */
export function finishWords({ reason }: Finish): string {
  return `its finish is ${FinishReason[reason]?.toLowerCase() ?? reason}`;
}

function ofGuardrail(finish: Finish | undefined, parts: readonly Part[]): string | undefined {
  if (finish?.reason === FinishReason.CONTENT_FILTER) return "the provider's filter declined";
  return parts.some(({ kind }) => kind.case === "refusal") ? "the model declined" : undefined;
}

/** An answer that calls a tool is no answer in the form yet. */
function ofForm({ responseFormat }: ChatRequest, parts: readonly Part[]): string | undefined {
  const form = responseFormat?.kind;
  if (form?.case !== "jsonSchema" && form?.case !== "jsonObject") return undefined;
  if (parts.some(({ kind }) => kind.case === "toolCall")) return undefined;
  const text = parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "its text is not JSON";
  }
  if (form.case === "jsonObject") return isObject(value) ? undefined : "its text is not a JSON object";
  const { schema } = form.value;
  if (schema === undefined || text.length > LONGEST_CHECKED) return undefined;
  const check = checkOf(schema);
  if (check === undefined || check(value)) return undefined;
  return `its text does not obey the schema: ${inWords(check.errors?.[0])}`;
}

const checks = new Map<string, ValidateFunction | undefined>();

/**
 * A compiled schema; undefined for one that is none, which is no fault of the answer. Formats and patterns are not looked
 * at: a pattern is the caller's, and may be made to run for ever.
 */
function checkOf(schema: JsonObject): ValidateFunction | undefined {
  const key = JSON.stringify(schema);
  if (key.length > LONGEST_SCHEMA || key.includes(UNJUDGED)) return undefined;
  if (checks.has(key)) return checks.get(key);
  if (checks.size >= MOST_SCHEMAS) checks.delete(checks.keys().next().value as string);
  const check = compile(schema);
  checks.set(key, check);
  return check;
}

function compile({ $schema: _, $id: __, ...schema }: JsonObject): ValidateFunction | undefined {
  try {
    // One for each schema, so that no name of one is known to another.
    const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, logger: false });
    return ajv.removeKeyword("pattern").compile(schema);
  } catch {
    return undefined;
  }
}

function inWords(error: ErrorObject | undefined): string {
  return `${error?.instancePath || "the whole"} ${error?.message ?? "is wrong"}`;
}
