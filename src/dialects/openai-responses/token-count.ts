import {
  type ChatRequest,
  type EncodeTarget,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
} from "../../sdk/index.js";
import { formOf, fieldsOf } from "./own.js";
import { writeConversation, writeSettings } from "./request-encode.js";

/** Fields that only this dialect has and that count. */
const COUNTED = ["conversation", "previous_response_id", "truncation", "tool_choice", "text", "reasoning"];

/** A question for the tokens of a request: https://platform.openai.com/docs/api-reference/responses/input-tokens */
export function encodeCountRequest(request: ChatRequest, target: EncodeTarget): string {
  const { traits, losses } = target;
  const out: JsonObject = { model: target.model };
  writeConversation(request, out, traits, losses, formOf(request).own === true);
  writeSettings(request, out, traits, losses);
  if (request.parallelToolCalls !== undefined) out.parallel_tool_calls = request.parallelToolCalls;
  const fields = fieldsOf(request);
  for (const name of COUNTED) {
    const value = fields[name];
    const mine = out[name];
    if (value === undefined) continue;
    if (mine === undefined) out[name] = value;
    else if (isObject(mine) && isObject(value)) out[name] = { ...value, ...mine };
  }
  return JSON.stringify(out);
}

/** The count. Throws `malformed_answer` when the answer holds none. */
export function decodeCountResponse(text: string): number {
  let body: JsonValue;
  try {
    body = JSON.parse(text) as JsonValue;
  } catch {
    body = null;
  }
  if (isObject(body) && typeof body.input_tokens === "number") return body.input_tokens;
  throw new ParlanceError("malformed_answer", "The provider's answer holds no count of tokens.");
}

/** Writes a count. */
export function encodeCountResponse(tokens: number): string {
  return JSON.stringify({ object: "response.input_tokens", input_tokens: tokens });
}
