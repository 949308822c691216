import {
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  isObject,
  type JsonObject,
  MessageSchema,
  ParlanceError,
  Role,
} from "@parlance/sdk";
import { decodeBlock, isHiddenCall } from "./block-decode.js";
import { exceptionOf } from "./errors.js";
import { parseBody } from "./exact-input.js";
import { decodeFinish, furtherFields } from "./finish.js";
import { keep } from "./own.js";
import { decodeUsage } from "./usage.js";

/**
 * Reads a whole answer of Converse. Throws `malformed_answer` when it is none, and the error that it tells when it does.
 * The wire has neither an id nor the name of the model. A call of the hidden tool becomes the text of the answer.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
 */
export function decodeResponse(text: string): Completion {
  const body = parseAnswer(text);
  const { output, stopReason, usage, serviceTier, additionalModelResponseFields: more, ...rest } = body;
  const message = isObject(output) ? output.message : undefined;
  if (!isObject(message) || !Array.isArray(message.content)) {
    if (typeof body.message === "string") throw exceptionOf("", body);
    throw new ParlanceError("malformed_answer", "The provider's answer has no output.message.content.");
  }
  const blocks = message.content.filter(isObject);
  const answered = blocks.some(({ toolUse }) => isObject(toolUse) && isHiddenCall(toolUse));
  const { role: _, content: __, ...ofMessage } = message;
  const extensions = keep(ofMessage);
  const choice = create(ChoiceSchema, {
    index: 0,
    message: create(MessageSchema, {
      role: Role.ASSISTANT,
      parts: blocks.map(decodeBlock),
      ...(extensions && { extensions }),
    }),
    finish: decodeFinish({ stopReason, more, answered }),
  });
  const kept = keep(answerFields({ ...rest, additionalModelResponseFields: furtherFields(more) ?? null }));
  const tier = tierOf(serviceTier);
  return create(CompletionSchema, {
    choices: [choice],
    ...(isObject(usage) && { usage: decodeUsage(usage) }),
    ...(tier !== undefined && { serviceTier: tier }),
    ...(kept && { extensions: kept }),
  });
}

/** The count of an answer to CountTokens. */
export function decodeCountResponse(text: string): number {
  const { inputTokens } = parseAnswer(text);
  if (typeof inputTokens === "number" && Number.isInteger(inputTokens) && inputTokens >= 0) return inputTokens;
  throw new ParlanceError("malformed_answer", "The provider's count of tokens has no inputTokens.");
}

/** Fields of an answer that tell something. */
export function answerFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** The tier that served an answer. */
export function tierOf(value: JsonObject[string] | undefined): string | undefined {
  return isObject(value) && typeof value.type === "string" ? value.type : undefined;
}

function parseAnswer(text: string): JsonObject {
  let body: unknown;
  try {
    body = parseBody(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw new ParlanceError("malformed_answer", "The provider's answer is not a JSON object.");
  return body;
}
