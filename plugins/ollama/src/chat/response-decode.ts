import {
  asExtensions,
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  isObject,
  type JsonObject,
  MessageSchema,
  ParlanceError,
  type Part,
  PartSchema,
  Role,
} from "@parlance/sdk";
import { callIds } from "./call-ids.js";
import { decodeFinish } from "./finish.js";
import { callsOf, imagesOf, parseLine, timeOf, unknownOf, unknownOfMessage } from "./line.js";
import { decodeLogprobs } from "./logprobs.js";
import { decodeUsage } from "./usage.js";
import { DIALECT, isString } from "./wire.js";

/** Reads a whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does. */
export function decodeResponse(text: string): Completion {
  const body = parseLine(text, "answer");
  const { message } = body;
  if (!isObject(message)) throw new ParlanceError("malformed_answer", "The provider's answer has no message.");
  const parts = partsOf(message, callIds(isString(body.created_at) ? body.created_at : text));
  const calls = parts.some(({ kind }) => kind.case === "toolCall");
  const logprobs = decodeLogprobs(body.logprobs);
  const usage = decodeUsage(body);
  const createTime = timeOf(body);
  const messageFields = asExtensions(DIALECT, unknownOfMessage(message));
  const fields = asExtensions(DIALECT, unknownOf(body));
  return create(CompletionSchema, {
    model: isString(body.model) ? body.model : "",
    ...(createTime && { createTime }),
    choices: [
      create(ChoiceSchema, {
        index: 0,
        message: create(MessageSchema, {
          role: Role.ASSISTANT,
          parts,
          ...(messageFields && { extensions: messageFields }),
        }),
        finish: decodeFinish(body.done_reason, calls),
        ...(logprobs && { logprobs }),
      }),
    ],
    ...(usage && { usage }),
    ...(fields && { extensions: fields }),
  });
}

/** Thoughts come first, and calls last. */
function partsOf(message: JsonObject, id: (told: unknown) => string): Part[] {
  const { thinking, content } = message;
  const parts: Part[] = [];
  if (isString(thinking) && thinking !== "") {
    parts.push(create(PartSchema, { kind: { case: "reasoning", value: { text: thinking, dialect: DIALECT } } }));
  }
  if (isString(content) && content !== "") {
    parts.push(create(PartSchema, { kind: { case: "text", value: { text: content } } }));
  }
  return [...parts, ...imagesOf(message), ...callsOf(message, id)];
}
