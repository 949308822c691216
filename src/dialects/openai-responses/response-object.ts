import { type ChatRequest, isObject, type JsonObject, type JsonValue, Losses } from "../../sdk/index.js";
import { fieldsOf, formOf } from "./own.js";
import { writeSettings } from "./request-encode.js";
import { isInstructions } from "./input-encode.js";

/** Fields that an answer repeats as the request has them. */
const REPEATED = [
  "conversation",
  "max_tool_calls",
  "previous_response_id",
  "prompt",
  "safety_identifier",
  "truncation",
  "background",
];

/**
 * The members of an answer that tell nothing of what was answered: clients expect every one of them, most repeated from
 * the request. Source: https://platform.openai.com/docs/api-reference/responses/object
 */
export function responseSettings(request: ChatRequest | undefined): JsonObject {
  const out: JsonObject = {
    background: false,
    completed_at: null,
    error: null,
    frequency_penalty: request?.frequencyPenalty ?? 0,
    instructions: null,
    max_output_tokens: request?.maxOutputTokens ?? null,
    max_tool_calls: null,
    metadata: { ...request?.metadata },
    parallel_tool_calls: request?.parallelToolCalls ?? true,
    presence_penalty: request?.presencePenalty ?? 0,
    previous_response_id: null,
    prompt_cache_key: request?.promptCacheKey ?? null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: null,
    store: request?.store ?? true,
    temperature: request?.temperature ?? 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_logprobs: request?.topLogprobs ?? 0,
    top_p: request?.topP ?? 1,
    truncation: "disabled",
  };
  if (request !== undefined) repeat(request, out);
  return out;
}

function repeat(request: ChatRequest, out: JsonObject): void {
  const settings: JsonObject = {};
  // What was lost on the way to the provider is told elsewhere; here the caller's own words are repeated.
  writeSettings(request, settings, {}, new Losses());
  const form = formOf(request);
  const own: JsonObject = { ...(isObject(form.as) ? form.as : {}), ...fieldsOf(request) };
  out.reasoning = { effort: null, summary: null, ...asObject(own.reasoning), ...asObject(settings.reasoning) };
  out.text = { format: { type: "text" }, ...asObject(own.text), ...asObject(settings.text) };
  if (settings.tools !== undefined) out.tools = (settings.tools as JsonObject[]).map(wholeTool);
  out.tool_choice = settings.tool_choice ?? own.tool_choice ?? "auto";
  for (const name of REPEATED) if (own[name] !== undefined) out[name] = own[name];
  if (typeof out.conversation === "string") out.conversation = { id: out.conversation };
  if (request.promptCacheRetention !== undefined) out.prompt_cache_retention = request.promptCacheRetention;
  if (request.endUser !== undefined) {
    out[form.user === "safety_identifier" ? "safety_identifier" : "user"] = request.endUser;
  }
  const [first] = request.messages;
  if (first !== undefined && isInstructions(first, 0)) {
    out.instructions = first.parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("");
  }
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** Clients read all members of a function. */
function wholeTool(tool: JsonObject): JsonObject {
  return tool.type === "function" ? { description: null, parameters: null, strict: null, ...tool } : tool;
}
