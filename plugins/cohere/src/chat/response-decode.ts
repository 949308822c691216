import {
  asExtensions,
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  MessageSchema,
  ParlanceError,
  type Part,
  PartSchema,
  Role,
  ToolKind,
} from "@parlance/sdk";
import { errorOfEvent } from "../errors.js";
import { callArguments } from "./call-arguments.js";
import { contentIndexOf, decodeCitation, isOfText } from "./citations.js";
import { decodeFinish } from "./finish.js";
import { decodeLogprobs } from "./logprobs.js";
import { planPart } from "./plan.js";
import { decodeUsage } from "./usage.js";
import { DIALECT, isString } from "./wire.js";

/** Reads a whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does. */
export function decodeResponse(text: string): Completion {
  const { id, message, finish_reason: word, usage: told, logprobs: tokens, ...fields } = parseObject(text, "answer");
  if (isString(message)) throw errorOfEvent({ ...fields, message });
  if (!isObject(message)) throw new ParlanceError("malformed_answer", "The provider's answer has no message.");
  const { role: _, content, tool_plan: plan, tool_calls: calls, citations, ...messageFields } = message;
  const parts: Part[] = [];
  if (isString(plan) && plan !== "") parts.push(planPart(plan));
  const texts = addContent(content, parts);
  if (Array.isArray(calls)) for (const call of calls) if (isObject(call)) parts.push(decodeCall(call));
  const homeless = cite(citations, texts);
  if (homeless.length > 0) messageFields.citations = homeless;
  const usage = decodeUsage(told);
  const logprobs = decodeLogprobs(tokens);
  const messageExtensions = asExtensions(DIALECT, messageFields);
  const extensions = asExtensions(DIALECT, fields);
  return create(CompletionSchema, {
    id: isString(id) ? id : "",
    choices: [
      create(ChoiceSchema, {
        message: create(MessageSchema, {
          role: Role.ASSISTANT,
          parts,
          ...(messageExtensions && { extensions: messageExtensions }),
        }),
        finish: decodeFinish(word),
        ...(logprobs && { logprobs }),
      }),
    ],
    ...(usage && { usage }),
    ...(extensions && { extensions }),
  });
}

/** A JSON object. Throws `malformed_answer` for any other text. */
export function parseObject(text: string, what: "answer" | "event"): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Told below, as any other text that is no object.
  }
  if (isObject(body)) return body;
  throw new ParlanceError(
    "malformed_answer",
    what === "answer"
      ? "The provider's answer is not a JSON object."
      : "The provider's stream holds an event that is not a JSON object.",
  );
}

/** Adds the content to `parts`; gives the texts by their places among the content, which citations name. */
function addContent(content: JsonValue | undefined, parts: Part[]): Map<number, Part> {
  const texts = new Map<number, Part>();
  const list = isString(content) ? [{ type: "text", text: content }] : Array.isArray(content) ? content : [];
  list.forEach((piece, index) => {
    if (!isObject(piece)) return;
    const part = decodePiece(piece);
    parts.push(part);
    if (part.kind.case === "text") texts.set(index, part);
  });
  return texts;
}

function decodePiece(piece: JsonObject): Part {
  const { type, text, thinking, ...others } = piece;
  const extensions = asExtensions(DIALECT, others);
  const more = extensions && { extensions };
  if (type === "text" && isString(text))
    return create(PartSchema, { kind: { case: "text", value: { text } }, ...more });
  if (type === "thinking" && isString(thinking)) {
    return create(PartSchema, { kind: { case: "reasoning", value: { text: thinking, dialect: DIALECT } }, ...more });
  }
  return create(PartSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value: piece } } });
}

function decodeCall(call: JsonObject): Part {
  const { id, type, function: inner, ...fields } = call;
  const { name, arguments: args, ...further } = isObject(inner) ? inner : {};
  if (type !== undefined && type !== "function") fields.type = type;
  for (const _ in further) fields.function = further;
  const extensions = asExtensions(DIALECT, fields);
  const value = {
    id: isString(id) ? id : "",
    name: isString(name) ? name : "",
    arguments: callArguments(isString(args) ? args : isObject(args) ? JSON.stringify(args) : ""),
    kind: ToolKind.FUNCTION,
  };
  return create(PartSchema, { kind: { case: "toolCall", value }, ...(extensions && { extensions }) });
}

/** Puts citations onto the texts that they are of; gives those that are of something else. */
function cite(citations: JsonValue | undefined, texts: ReadonlyMap<number, Part>): JsonValue[] {
  const [first] = texts.values();
  return (Array.isArray(citations) ? citations : []).filter((value) => {
    if (!isOfText(value)) return true;
    const at = contentIndexOf(value);
    const part = at === undefined ? first : texts.get(at);
    if (part?.kind.case !== "text") return true;
    part.kind.value.citations.push(decodeCitation(value));
    return false;
  });
}
