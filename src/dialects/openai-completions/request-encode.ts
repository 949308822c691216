import {
  type ChatRequest,
  type EncodeTarget,
  extensionsOf,
  isObject,
  type JsonObject,
  ParlanceError,
  RawJson,
  Role,
  stringifyExact,
} from "../../sdk/index.js";
import { openaiChat } from "../openai-chat/index.js";
import { DIALECT } from "./wire.js";

/** Members of a chat request that this wire has no place for. */
const CHAT_ONLY = [
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "parallel_tool_calls",
  "response_format",
  "reasoning_effort",
  "reasoning",
  "modalities",
  "audio",
  "metadata",
  "service_tier",
] as const;

/**
 * Writes a request for a target. The wire takes one prompt: throws `unsupported` for a conversation. What else cannot be
 * said is told to `target.losses`.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): string {
  const { [DIALECT]: _, ...extensions } = request.extensions ?? {};
  const chat: ChatRequest = { ...request, extensions };
  // Text of its own, which a parse could bend.
  delete chat.seed;
  const traits = { ...target.traits, maxTokensField: "max_tokens" } as const;
  const written = JSON.parse(openaiChat.encodeRequest(chat, { ...target, traits })) as JsonObject;
  const { $form, ...own } = extensionsOf(request, DIALECT) ?? {};
  const form = isObject($form) ? $form : {};
  const { model = target.model, messages: _messages, logprobs, top_logprobs, ...others } = written;
  for (const name of CHAT_ONLY) {
    if (others[name] === undefined || others[name] === null) continue;
    target.losses.drop(name, `The target speaks ${DIALECT}, which has no such field.`);
    delete others[name];
  }
  const prompt = promptOf(request);
  const out: JsonObject = { model, prompt: form.prompt === "list" ? [prompt] : prompt, ...others, ...own };
  if (form.max_tokens === "absent") delete out.max_tokens;
  if (form.logprobs !== undefined) out.logprobs = form.logprobs;
  else if (logprobs === true) out.logprobs = typeof top_logprobs === "number" ? top_logprobs : 0;
  for (const name of ["max_tokens", "echo", "suffix", "best_of"]) {
    if (form[name] !== undefined && form[name] !== "absent") out[name] = form[name];
  }
  const seed = request.seed === undefined ? {} : { seed: new RawJson(request.seed.toString()) };
  return stringifyExact({ ...out, ...seed });
}

/** The text of the one message. A conversation would need the model's own template, which the gateway does not know. */
function promptOf({ messages }: ChatRequest): string {
  const [message] = messages;
  const texts = message?.parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : undefined)) ?? [];
  if (messages.length !== 1 || message?.role !== Role.USER || texts.some((text) => text === undefined)) {
    throw new ParlanceError(
      "unsupported",
      `The target speaks ${DIALECT}, which takes one prompt of text. Send one message of the user, or another model.`,
      { field: "messages" },
    );
  }
  return texts.join("");
}
