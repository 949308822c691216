import {
  type ChatRequest,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  ParlanceError,
  type Members,
  RawJson,
  readMember,
  skim,
  stringifyExact,
} from "../../sdk/index.js";
import { asBoolean, asInteger, asString } from "../openai-chat/checks.js";
import { openaiChat } from "../openai-chat/index.js";
import { DEFAULT_MAX_TOKENS, DIALECT, MOST_LOGPROBS } from "./wire.js";

/**
 * Reads a caller's request: its one prompt is the one message of the user. Throws `invalid_request` that names the field,
 * and `unsupported` for what only a target of this dialect can do.
 */
export function decodeRequest(text: string): ChatRequest {
  const body = parseBody(text);
  const { prompt, echo, suffix, best_of, logprobs, max_tokens, ...others } = body;
  const form: JsonObject = {};
  const own: JsonObject = {};
  const chat: JsonObject = { ...others, messages: [{ role: "user", content: readPrompt(prompt, form) }] };
  chat.max_tokens = readLimit(max_tokens, form);
  readLogprobs(logprobs, chat, form);
  readEcho(echo, logprobs, form);
  readSuffix(suffix, form);
  readBestOf(best_of, others.n, own, form);
  const request = openaiChat.decodeRequest(stringifyExact({ ...chat, ...exactSeed(text, others.seed) }));
  if (Object.keys(form).length > 0) own.$form = form;
  if (Object.keys(own).length > 0) request.extensions = { ...request.extensions, [DIALECT]: own };
  return request;
}

/** The one text with which the answer is to begin; undefined unless the caller asked for it. */
export function echoOf(body: Buffer, members: Members): string | undefined {
  if (!members.byName.has("echo") || readMember(body, members, "echo") !== true) return undefined;
  const prompt = readMember(body, members, "prompt");
  const text: unknown = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt;
  // Another prompt is for targets that echo it themselves: the decode refuses it.
  return typeof text === "string" ? text : undefined;
}

function parseBody(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("body", "The body is not valid JSON.");
  }
  if (!isObject(value)) throw invalid("body", `The body must be a JSON object, not ${kindOf(value as JsonValue)}.`);
  if ("messages" in value) {
    throw invalid("messages", "prompt and messages exclude each other: send a prompt, or a conversation in messages.");
  }
  return value;
}

function readPrompt(prompt: JsonValue | undefined, form: JsonObject): string {
  if (typeof prompt === "string") return prompt;
  if (prompt === undefined || prompt === null) throw invalid("prompt", "prompt is required: the text to complete.");
  if (!Array.isArray(prompt)) throw invalid("prompt", `prompt must be a string or an array, not ${kindOf(prompt)}.`);
  const first = prompt[0];
  if (first === undefined) throw invalid("prompt", "prompt must hold a text.");
  if (typeof first === "number") throw tokens("prompt");
  prompt.forEach((item, index) => {
    if (Array.isArray(item)) throw tokens(`prompt[${index}]`);
    asString(item, `prompt[${index}]`);
  });
  if (prompt.length > 1) {
    throw unsupported(
      "prompt",
      `${prompt.length} prompts in one request are for targets that speak ${DIALECT} themselves. Send one request for each.`,
    );
  }
  form.prompt = "list";
  return asString(first, "prompt[0]");
}

function tokens(field: string): ParlanceError {
  return unsupported(
    field,
    `${field} holds token ids, which only the model's own tokenizer can read: they are for targets that speak ${DIALECT} themselves. Send text.`,
  );
}

function readLimit(limit: JsonValue | undefined, form: JsonObject): number {
  if (limit === undefined || limit === null) {
    form.max_tokens = limit === null ? null : "absent";
    return DEFAULT_MAX_TOKENS;
  }
  const count = asInteger(limit, "max_tokens");
  if (count === 0) {
    throw unsupported(
      "max_tokens",
      `max_tokens of 0 is for targets that speak ${DIALECT} themselves. Ask for 1 at least.`,
    );
  }
  return count;
}

/** How many alternatives of each token to tell; 0 tells the tokens alone. */
function readLogprobs(value: JsonValue | undefined, chat: JsonObject, form: JsonObject): void {
  if (value === null) form.logprobs = null;
  // Servers of the dialect take the newer wire's boolean too.
  else if (typeof value === "boolean") {
    form.logprobs = value;
    if (value) chat.logprobs = true;
  } else if (value !== undefined) {
    chat.logprobs = true;
    chat.top_logprobs = asInteger(value, "logprobs", 0, MOST_LOGPROBS);
  }
}

/** The gateway honours it itself: the prompt is what the answer begins with. */
function readEcho(echo: JsonValue | undefined, logprobs: JsonValue | undefined, form: JsonObject): void {
  if (echo === undefined) return;
  form.echo = echo;
  if (echo === null || !asBoolean(echo, "echo")) return;
  if (logprobs !== undefined && logprobs !== null && logprobs !== false) {
    throw unsupported(
      "echo",
      `echo with logprobs asks for the log probabilities of the prompt, which only targets that speak ${DIALECT} can tell. Leave one of them out.`,
    );
  }
}

function readSuffix(suffix: JsonValue | undefined, form: JsonObject): void {
  if (suffix === undefined) return;
  form.suffix = suffix;
  if (suffix === null || asString(suffix, "suffix") === "") return;
  throw unsupported(
    "suffix",
    `suffix asks for text between two others, which only targets that speak ${DIALECT} can write. Say in the prompt what is to follow.`,
  );
}

/** As many as are asked for means no choosing; more is a wish that other dialects do not know. */
function readBestOf(value: JsonValue | undefined, n: JsonValue | undefined, own: JsonObject, form: JsonObject): void {
  if (value === undefined) return;
  const wanted = typeof n === "number" ? n : 1;
  if (value !== null && asInteger(value, "best_of", 1) < wanted) {
    throw invalid("best_of", `best_of must be at least n, which is ${wanted}.`);
  }
  if (value === null || value === wanted) form.best_of = value;
  else own.best_of = value;
}

/** A double cannot hold every seed: such a one goes on as its own text. */
function exactSeed(text: string, seed: JsonValue | undefined): { seed?: RawJson } {
  if (typeof seed !== "number" || Number.isSafeInteger(seed)) return {};
  const bytes = Buffer.from(text);
  const member = skim(bytes).byName.get("seed");
  return member === undefined ? {} : { seed: new RawJson(bytes.toString("utf8", member.start, member.end)) };
}

function unsupported(field: string, message: string): ParlanceError {
  return new ParlanceError("unsupported", message, { field });
}
