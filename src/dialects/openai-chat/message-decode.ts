import {
  create,
  invalid,
  isObject,
  type JsonValue,
  type Message,
  MessageSchema,
  type Part,
  PartSchema,
  Role,
} from "../../sdk/index.js";
import { readBeyondWire } from "./beyond-wire.js";
import { asArray, asObject, asString, isString } from "./checks.js";
import { decodeAnnotation } from "./citations.js";
import { WireObject } from "./own.js";
import { decodeContentPart } from "./part-decode.js";
import { decodeFunctionCall, decodeToolCall } from "./tool-calls.js";
import { DIALECT, ROLES } from "./wire.js";

/** The id of the legacy call that is waiting for its answer, by the name of its function. */
export type LegacyCalls = Map<string, string>;

/** One message of a request or an answer. `index` makes ids for legacy calls, which have none. */
export function decodeMessage(value: JsonValue, path: string, index: number, legacy: LegacyCalls): Message {
  const wire = new WireObject(asObject(value, path), path);
  const word = wire.take("role");
  const role = ROLES[asString(word, wire.at("role"))];
  if (role === undefined) {
    throw invalid(
      wire.at("role"),
      `${wire.at("role")} is "${word}", but must be one of ${Object.keys(ROLES).join(", ")}.`,
    );
  }
  if (role === Role.TOOL) return decodeToolMessage(wire, word === "function", legacy);
  const parts: Part[] = [];
  takeReasoning(wire, parts);
  takeContent(wire, parts);
  takeAnswerMembers(wire, parts);
  takeCalls(wire, parts, index, legacy);
  const beyond = role === Role.ASSISTANT ? wire.take("parlance") : undefined;
  if (beyond !== undefined) {
    const others = parts.filter((part) => part.kind.case !== "reasoning");
    readBeyondWire(beyond, wire.at("parlance"), others);
    // The sealed reasoning has its text too: the plain field beside it would say it twice.
    if (others.some((part) => part.kind.case === "reasoning")) parts.splice(0, parts.length, ...others);
    else readBeyondWire(beyond, wire.at("parlance"), parts);
  }
  const name = wire.takeIf("name", isString);
  const extensions = wire.extensions();
  return create(MessageSchema, { role, parts, ...(name !== undefined && { name }), ...(extensions && { extensions }) });
}

/** A tool's answer. */
function decodeToolMessage(wire: WireObject, isLegacy: boolean, legacy: LegacyCalls): Message {
  const content: Part[] = [];
  takeContent(wire, content);
  const name = wire.takeIf("name", isString);
  if (name !== undefined) wire.note("name", true);
  let toolCallId = "";
  if (isLegacy) {
    wire.note("role", "function");
    toolCallId = legacy.get(name ?? "") ?? `function_call_${name ?? ""}`;
  } else {
    toolCallId = asString(wire.take("tool_call_id"), wire.at("tool_call_id"));
  }
  const extensions = wire.extensions();
  const part = create(PartSchema, {
    kind: { case: "toolResult", value: { toolCallId, content, ...(name !== undefined && { name }) } },
    ...(extensions && { extensions }),
  });
  return create(MessageSchema, { role: Role.TOOL, parts: [part] });
}

/** Reasoning in the field of its own that many servers have, under one of two names. */
function takeReasoning(wire: WireObject, parts: Part[]): void {
  for (const name of ["reasoning_content", "reasoning"]) {
    const text = wire.peek(name);
    if (!isString(text) || text === "") continue;
    wire.take(name);
    wire.note("reasoning", name);
    parts.push(create(PartSchema, { kind: { case: "reasoning", value: { text, dialect: DIALECT } } }));
    return;
  }
}

function takeContent(wire: WireObject, parts: Part[]): void {
  const content = wire.take("content");
  if (content === undefined) {
    wire.note("content", "none");
  } else if (isString(content)) {
    if (content === "") wire.note("content", "");
    else parts.push(create(PartSchema, { kind: { case: "text", value: { text: content } } }));
  } else {
    wire.note("content", "array");
    asArray(content, wire.at("content")).forEach((piece, index) => {
      parts.push(decodeContentPart(piece, `${wire.at("content")}[${index}]`));
    });
  }
}

/** What only an answer has, and a request that repeats it: a refusal, sound, annotations. */
function takeAnswerMembers(wire: WireObject, parts: Part[]): void {
  const refusal = wire.takeIf("refusal", isString);
  if (refusal !== undefined) {
    const own = new WireObject({}, "");
    own.note("member", "refusal");
    parts.push(
      create(PartSchema, { kind: { case: "refusal", value: { text: refusal } }, extensions: own.extensions() ?? {} }),
    );
  }
  const audio = wire.take("audio");
  if (audio !== undefined) parts.push(decodeAudio(audio, wire.at("audio")));
  wire.takeEmpty("annotations");
  const annotations = wire.peek("annotations");
  const cited = parts.findLast((part) => part.kind.case === "text")?.kind;
  if (Array.isArray(annotations) && cited?.case === "text") {
    wire.take("annotations");
    cited.value.citations = annotations.map((item, index) =>
      decodeAnnotation(item, `${wire.at("annotations")}[${index}]`),
    );
  }
}

function decodeAudio(value: JsonValue, path: string): Part {
  const wire = new WireObject(asObject(value, path), path);
  wire.note("member", "audio");
  const data = wire.takeIf("data", isString);
  const id = data === undefined ? wire.takeIf("id", isString) : undefined;
  const transcript = wire.takeIf("transcript", isString);
  const extensions = wire.extensions();
  return create(PartSchema, {
    kind: {
      case: "audio",
      value: {
        source:
          data !== undefined
            ? { case: "data", value: Buffer.from(data, "base64") }
            : id !== undefined
              ? { case: "id", value: id }
              : { case: undefined },
        ...(transcript !== undefined && { transcript }),
      },
    },
    ...(extensions && { extensions }),
  });
}

function takeCalls(wire: WireObject, parts: Part[], index: number, legacy: LegacyCalls): void {
  wire.takeEmpty("tool_calls");
  const calls = wire.take("tool_calls");
  if (calls !== undefined) {
    asArray(calls, wire.at("tool_calls")).forEach((call, number) => {
      parts.push(decodeToolCall(call, `${wire.at("tool_calls")}[${number}]`));
    });
  }
  const call = wire.peek("function_call");
  // Some servers write an empty one into every answer: no call, and nothing that a caller could run.
  if (call === undefined || (isObject(call) && call.name === "")) return;
  wire.take("function_call");
  const part = decodeFunctionCall(call, wire.at("function_call"), `function_call_${index}`);
  if (part.kind.case === "toolCall") legacy.set(part.kind.value.name, part.kind.value.id);
  parts.push(part);
}
