import { isDeepStrictEqual } from "node:util";
import { type Completion, isObject, type JsonObject, type JsonValue, ParlanceError } from "../../sdk/index.js";
import { openaiChat } from "../openai-chat/index.js";
import { decodeLogprobs, encodeLogprobs } from "./logprobs.js";
import { DIALECT } from "./wire.js";

/** Reads a provider's whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does. */
export function decodeResponse(text: string): Completion {
  const body = parse(text);
  if (!Array.isArray(body.choices)) return openaiChat.decodeResponse(text);
  const logprobs: (JsonValue | undefined)[] = [];
  const choices = body.choices.map((choice) => {
    if (!isObject(choice)) return choice;
    const { text: said, logprobs: told, ...others } = choice;
    logprobs.push(told);
    return { ...others, message: { role: "assistant", content: said ?? null } };
  });
  const object = body.object ?? "absent";
  const completion = openaiChat.decodeResponse(JSON.stringify({ ...body, object: "chat.completion", choices }));
  if (object !== "text_completion") {
    completion.extensions = { ...completion.extensions, [DIALECT]: { $form: { object } } };
  }
  completion.choices.forEach((choice, index) => {
    const told = logprobs[index];
    if (told === undefined) return;
    const read = decodeLogprobs(told);
    if (read !== undefined) choice.logprobs = read;
    // What was told in another form, or from another offset, is kept for a caller of this dialect.
    if (read !== undefined && isDeepStrictEqual(encodeLogprobs(read, 0), told)) return;
    choice.extensions = { ...choice.extensions, [DIALECT]: { $form: { logprobs: told } } };
  });
  return completion;
}

function parse(text: string): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw new ParlanceError("malformed_answer", "The provider's answer is not a JSON object.");
  return body;
}
