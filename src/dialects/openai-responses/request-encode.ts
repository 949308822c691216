import {
  type ChatRequest,
  type EncodeTarget,
  isObject,
  type JsonObject,
  type JsonValue,
  type ModelTraits,
  type Losses,
} from "../../sdk/index.js";
import { encodeInput, isInstructions } from "./input-encode.js";
import { formOf, restore, restoreFrom, tellForeign } from "./own.js";
import { writeReasoning } from "./reasoning.js";
import { tellUnsayable, writePlainFields } from "./request-fields.js";
import { encodeFormat } from "./text-format.js";
import { encodeToolChoice } from "./tool-choice.js";
import { encodeTools } from "./tools.js";
import { INCLUDE_LOGPROBS, INCLUDE_SEALS } from "./wire.js";

/** Writes a request for a target. What cannot be said is told to `target.losses`. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): string {
  const { traits, losses } = target;
  const form = formOf(request);
  const own = form.own === true;
  tellForeign(request, "", losses);
  const out: JsonObject = { model: target.model };
  writeConversation(request, out, traits, losses, own);
  writeSettings(request, out, traits, losses);
  writePlainFields(request, out, traits, losses);
  tellUnsayable(request, losses);
  writeInclude(request, out, traits, own);
  if (request.endUser !== undefined)
    out[form.user === "safety_identifier" ? "safety_identifier" : "user"] = request.endUser;
  if (Object.keys(request.metadata).length > 0 || form.metadata === true) out.metadata = { ...request.metadata };
  // Silence means yes on this wire and no on others, whose callers have not agreed.
  if (!own && request.store === undefined) out.store = false;
  if (target.stream) out.stream = true;
  restore(out, request);
  if (!target.stream) forgetStream(out, form);
  return JSON.stringify(out);
}

/** The members of a request that say what is talked about: the same when its tokens are counted. */
export function writeConversation(
  request: ChatRequest,
  out: JsonObject,
  traits: ModelTraits,
  losses: Losses,
  own: boolean,
): void {
  const { input } = formOf(request);
  const [first] = request.messages;
  if (first !== undefined && isInstructions(first, 0)) {
    out.instructions = first.parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("");
  }
  const items = encodeInput(request.messages, { losses, systemRole: traits.systemRole, own });
  if (input === "string" && items.length === 1 && typeof items[0]?.content === "string") out.input = items[0].content;
  else if (input !== "none" || items.length > 0) out.input = items;
}

/** Tools, the answer's form and the reasoning. */
export function writeSettings(request: ChatRequest, out: JsonObject, traits: ModelTraits, losses: Losses): void {
  const tools = encodeTools(request.tools, losses);
  if (tools.length > 0) out.tools = tools;
  if (request.toolChoice !== undefined) {
    tellForeign(request.toolChoice, "tool_choice", losses);
    out.tool_choice = encodeToolChoice(request.toolChoice, customTools(request));
  }
  const text = textOf(request, traits, losses);
  if (text !== undefined) out.text = text;
  const reasoning = writeReasoning(request, traits, losses);
  if (reasoning !== undefined) out.reasoning = reasoning;
}

/** Names of the custom tools. */
function customTools(request: ChatRequest): ReadonlySet<string> {
  return new Set(request.tools.flatMap(({ kind }) => (kind.case === "custom" ? [kind.value.name] : [])));
}

function textOf(request: ChatRequest, traits: ModelTraits, losses: Losses): JsonObject | undefined {
  const noted = formOf(request).text;
  const form: JsonObject | undefined = isObject(noted) ? noted : undefined;
  const out: JsonObject = {};
  if (request.responseFormat !== undefined) out.format = encodeFormat(request.responseFormat, traits, losses);
  if (request.verbosity !== undefined) out.verbosity = request.verbosity;
  if (form !== undefined) return restoreFrom(out, {}, form);
  return Object.keys(out).length > 0 ? out : undefined;
}

function writeInclude(request: ChatRequest, out: JsonObject, traits: ModelTraits, own: boolean): void {
  const { include } = formOf(request);
  if (Array.isArray(include)) {
    out.include = include;
    return;
  }
  const entries: JsonValue[] = [];
  if (request.logprobs === true) entries.push(INCLUDE_LOGPROBS);
  // Nothing is stored, so that the seal must come with the answer if the reasoning is ever to come back.
  if (!own && traits.reasoning !== "none") entries.push(INCLUDE_SEALS);
  if (entries.length > 0) out.include = entries;
}

/** A caller that streams may be answered from a target that does not. */
function forgetStream(out: JsonObject, form: JsonObject): void {
  if (isObject(form.as) && form.as.stream === false) return;
  if (out.stream !== null) delete out.stream;
  delete out.stream_options;
}
