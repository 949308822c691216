import {
  type ChatRequest,
  type EncodeTarget,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type ModelTraits,
  RawJson,
  type Reasoning,
  ReasoningEffort,
  type ResponseFormat,
  stringifyExact,
} from "../../sdk/index.js";
import { encodeMessages } from "./message-encode.js";
import { formOf, restore, tellForeign } from "./own.js";
import { writePlainFields } from "./request-fields.js";
import { encodeToolChoice, encodeTools } from "./tools.js";
import { EFFORTS, MODALITIES, wordFor } from "./wire.js";

/** Writes a request for a target. What cannot be said is told to `target.losses`. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): string {
  const { traits, losses } = target;
  const form = formOf(request);
  tellForeign(request, "", losses);
  const out: JsonObject = {
    model: target.model,
    messages: encodeMessages(request.messages, traits, losses),
  };
  writeTools(request, out, losses);
  writePlainFields(request, out, traits, losses);
  writeTokenLimit(request, out, form, traits);
  writeStop(request, out, form, traits, losses);
  if (request.responseFormat !== undefined) {
    out.response_format = writeResponseFormat(request.responseFormat, traits, losses);
  }
  if (request.reasoning !== undefined) writeReasoning(request.reasoning, out, form, traits, losses);
  if (request.outputModalities.length > 0) {
    out.modalities = request.outputModalities.flatMap((modality, index) => {
      const word = wordFor(MODALITIES, modality);
      if (word === undefined) losses.drop(`output_modalities[${index}]`, "The target makes no such output.");
      return word ?? [];
    });
  }
  if (request.audioOutput !== undefined) {
    out.audio = { voice: request.audioOutput.voice, format: request.audioOutput.format };
  }
  if (request.endUser !== undefined)
    out[form.user === "safety_identifier" ? "safety_identifier" : "user"] = request.endUser;
  if (Object.keys(request.metadata).length > 0) out.metadata = { ...request.metadata };
  if (Object.keys(request.logitBias).length > 0) {
    if (traits.sampling === "fixed") losses.drop("logit_bias", "The target's model samples in its own way only.");
    else out.logit_bias = { ...request.logitBias };
  }
  writeStream(out, form, target.stream);
  restore(out, request);
  const seed = request.seed === undefined ? {} : { seed: new RawJson(request.seed.toString()) };
  const body: Record<string, JsonValue | RawJson> = { ...out, ...seed };
  adjust(body, traits, losses);
  return stringifyExact(body);
}

/** What the server calls otherwise is renamed, and what it refuses is left out. */
function adjust(
  body: Record<string, JsonValue | RawJson>,
  { refuses = [], renames = {} }: ModelTraits,
  losses: Losses,
): void {
  for (const [name, other] of Object.entries(renames)) {
    const value = body[name];
    if (value === undefined) continue;
    body[other] = value;
    delete body[name];
  }
  for (const name of refuses) {
    if (!(name in body)) continue;
    delete body[name];
    // It was ours, for the gateway's own books.
    if (name !== "stream_options") losses.drop(PATHS[name] ?? name, "The target's server refuses it.");
  }
}

/** Members whose field has another name in the vocabulary. */
const PATHS: Readonly<Record<string, string>> = {
  audio: "audio_output",
  max_completion_tokens: "max_output_tokens",
  max_tokens: "max_output_tokens",
  modalities: "output_modalities",
  reasoning_effort: "reasoning.effort",
  user: "end_user",
};

function writeTools(request: ChatRequest, out: JsonObject, losses: Losses): void {
  const { tools, functions } = encodeTools(request.tools, losses);
  if (tools.length > 0) out.tools = tools;
  if (functions.length > 0) out.functions = functions;
  if (request.toolChoice === undefined) return;
  tellForeign(request.toolChoice, "tool_choice", losses);
  const { member, value } = encodeToolChoice(request.toolChoice);
  out[member] = value;
}

function writeTokenLimit(request: ChatRequest, out: JsonObject, form: JsonObject, traits: ModelTraits): void {
  if (request.maxOutputTokens === undefined) return;
  const came = form.limit === "max_tokens" ? "max_tokens" : "max_completion_tokens";
  out[traits.maxTokensField ?? came] = request.maxOutputTokens;
  if (traits.maxTokensField === undefined && form.max_tokens !== undefined) out.max_tokens = form.max_tokens;
}

function writeStop(request: ChatRequest, out: JsonObject, form: JsonObject, traits: ModelTraits, losses: Losses): void {
  if (request.stop.length === 0) return;
  if (traits.sampling === "fixed") {
    losses.drop("stop", "The target's model takes no stop sequences.");
    return;
  }
  out.stop = form.stop === "string" && request.stop.length === 1 ? (request.stop[0] as string) : [...request.stop];
}

function writeResponseFormat(format: ResponseFormat, traits: ModelTraits, losses: Losses): JsonObject {
  tellForeign(format, "response_format", losses);
  const { kind } = format;
  if (kind.case === "jsonSchema") {
    if (traits.jsonSchema === false) {
      losses.approximate(
        "response_format.json_schema",
        "The target's model obeys no schema by itself; any JSON object is asked for.",
      );
      return { type: "json_object" };
    }
    const { name, description, schema, strict } = kind.value;
    const inner: JsonObject = {};
    // The dialect's owner requires a name; a caller of this dialect that gave none meant none.
    if (name !== undefined) inner.name = name;
    else if (format.extensions === undefined) inner.name = "response";
    if (description !== undefined) inner.description = description;
    if (schema !== undefined) inner.schema = schema;
    if (strict !== undefined) inner.strict = strict;
    return restore({ type: "json_schema", json_schema: inner }, format);
  }
  return restore({ type: kind.case === "jsonObject" ? "json_object" : "text" }, format);
}

function writeReasoning(
  reasoning: Reasoning,
  out: JsonObject,
  form: JsonObject,
  traits: ModelTraits,
  losses: Losses,
): void {
  if (traits.reasoning === "none") {
    if (reasoning.effort !== ReasoningEffort.NONE) losses.drop("reasoning", "The target's model does not reason.");
    return;
  }
  const effort = wordFor(EFFORTS, reasoning.effort);
  if (form.reasoning === "object") {
    const object: JsonObject = {};
    if (effort !== undefined) object.effort = effort;
    if (reasoning.budgetTokens !== undefined) object.max_tokens = reasoning.budgetTokens;
    out.reasoning = object;
    return;
  }
  if (effort !== undefined) out.reasoning_effort = effort;
  if (reasoning.budgetTokens !== undefined) {
    if (effort === undefined) out.reasoning_effort = effortFor(reasoning.budgetTokens);
    losses.approximate(
      "reasoning.budget_tokens",
      `The target takes an effort, not a budget: ${out.reasoning_effort} is asked for.`,
    );
  }
  if (reasoning.adaptive !== undefined && effort === undefined && reasoning.budgetTokens === undefined) {
    losses.drop("reasoning.adaptive", "The target's model decides by itself how much to reason, or not at all.");
  }
  if (reasoning.visible !== undefined)
    losses.drop("reasoning.visible", "The target's dialect cannot ask to show or hide reasoning.");
}

/** Steps at the sizes where the owners of budgets draw theirs: 1,024 is the least, 4,096 and 16,384 the usual ones. */
function effortFor(budget: number): string {
  if (budget === 0) return "none";
  if (budget <= 4096) return "low";
  return budget <= 16384 ? "medium" : "high";
}

function writeStream(out: JsonObject, form: JsonObject, stream: boolean): void {
  if (!stream) {
    if (form.stream === false) out.stream = false;
    return;
  }
  out.stream = true;
  const options: JsonValue | undefined = form.stream_options;
  out.stream_options = { ...(isObject(options) ? options : {}), include_usage: true };
}
