import {
  create,
  invalid,
  type JsonObject,
  type JsonValue,
  type Message,
  MessageSchema,
  type Part,
  PartSchema,
  Role,
} from "../../sdk/index.js";
import { asArray, asObject, asString, isString } from "../openai-chat/checks.js";
import { decodeContentPart } from "./content-decode.js";
import { decodeItem, noteHead, opaqueItem } from "./item-decode.js";
import { WireObject } from "./own.js";
import { ROLES } from "./wire.js";

const SOURCE = { answer: false } as const;

/**
 * The messages of `input`. Items of the model that follow each other (reasoning, a message, calls) are one message of
 * the assistant, and results that follow each other one of the tools, as the other dialects have them.
 */
export function decodeInput(items: readonly JsonValue[], messages: Message[]): void {
  let run: { readonly role: Role; readonly parts: Part[]; said: boolean } | undefined;
  items.forEach((value, index) => {
    const path = `input[${index}]`;
    const item = asObject(value, path);
    const type = isString(item.type) ? item.type : item.role === undefined ? "" : "message";
    if (type === "message" && item.role !== "assistant") {
      messages.push(decodeMessage(item, path));
      run = undefined;
      return;
    }
    const role = isResult(type) ? Role.TOOL : Role.ASSISTANT;
    // Two messages in a row stay two; after a call the message belongs to it.
    if (run?.role !== role || (type === "message" && run.said)) {
      const message = create(MessageSchema, { role, parts: [] });
      messages.push(message);
      run = { role, parts: message.parts, said: false };
    }
    run.said = type === "message" || (run.said && type === "reasoning");
    if (role === Role.TOOL) run.parts.push(decodeResult(item, type, path));
    else decodeItem(item, path, SOURCE, run.parts);
  });
}

/** Whether an item is an answer to the model. */
function isResult(type: string): boolean {
  return type.endsWith("_output") || type.endsWith("_response");
}

/** A message of the application or the user. */
function decodeMessage(item: JsonObject, path: string): Message {
  const wire = new WireObject(item, path);
  if (wire.take("type") === undefined) wire.note("bare", true);
  const word = asString(wire.take("role"), wire.at("role"));
  const role = ROLES[word];
  if (role === undefined) {
    throw invalid(
      wire.at("role"),
      `${wire.at("role")} is "${word}", but must be one of ${Object.keys(ROLES).join(", ")}.`,
    );
  }
  noteHead(wire, SOURCE);
  const parts = takeContent(wire, "content");
  const extensions = wire.extensions();
  return create(MessageSchema, { role, parts, ...(extensions && { extensions }) });
}

/** A text, or a list of pieces. */
function takeContent(wire: WireObject, member: string): Part[] {
  const content = wire.take(member);
  if (isString(content)) {
    wire.note("content", "string");
    return content === "" ? [] : [create(PartSchema, { kind: { case: "text", value: { text: content } } })];
  }
  wire.note("content", "array");
  return asArray(content, wire.at(member)).map((piece, index) =>
    decodeContentPart(piece, `${wire.at(member)}[${index}]`),
  );
}

/** What a tool answered. */
function decodeResult(item: JsonObject, type: string, path: string): Part {
  if (type !== "function_call_output" && type !== "custom_tool_call_output") return opaqueItem(item);
  const wire = new WireObject(item, path);
  wire.take("type");
  wire.note("own", true);
  if (type === "custom_tool_call_output") wire.note("custom", true);
  noteHead(wire, SOURCE);
  const toolCallId = asString(wire.take("call_id"), wire.at("call_id"));
  const content = takeContent(wire, "output");
  const extensions = wire.extensions();
  return create(PartSchema, {
    kind: { case: "toolResult", value: { toolCallId, content } },
    ...(extensions && { extensions }),
  });
}

/** The message that the member `instructions` stands for. */
export function decodeInstructions(text: string): Message {
  const wire = new WireObject({}, "instructions");
  wire.note("instructions", true);
  return create(MessageSchema, {
    role: Role.SYSTEM,
    parts: text === "" ? [] : [create(PartSchema, { kind: { case: "text", value: { text } } })],
    extensions: wire.extensions() as JsonObject,
  });
}
