import {
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  parseExact,
  type Part,
  PartSchema,
  RawJson,
  textOf,
  type ToolCallPart,
  ToolKind,
} from "../../sdk/index.js";
import { type CallIds, wireId } from "./call-ids.js";
import { asString, isString } from "./checks.js";
import type { WireObject } from "./own.js";

const ARGS: ReadonlySet<string> = new Set(["args"]);

type CallKind = Extract<Part["kind"], { case: "toolCall" }>;

/** `functionCall` of a part: https://ai.google.dev/api/caching#FunctionCall. Missing arguments are an empty object. */
export function decodeFunctionCall(part: WireObject, ids: CallIds): CallKind {
  const wire = part.group("functionCall") as WireObject;
  const name = asString(wire.take("name") ?? "", wire.at("name"));
  const told = wire.takeIf("id", isString);
  const id = ids.call(name, told);
  // Written by the call's id, which is another where none was told.
  if (told === "") wire.noteAs("id", "");
  const args = wire.take("args");
  if (args === undefined) wire.noteWithout("args");
  const text = args === undefined ? "{}" : textOf(args);
  return create(PartSchema, {
    kind: { case: "toolCall", value: { id, name, arguments: text, kind: ToolKind.FUNCTION } },
  }).kind as CallKind;
}

/** A call of a request on the wire. `path`: the call, in the words of the vocabulary. */
export function encodeFunctionCall(call: ToolCallPart, path: string, losses: Losses): JsonObject {
  return written(call, callArgs(call, path, losses));
}

/** A call of an answer on the wire. Arguments that are no JSON object (free text, or cut off by a limit) are told as the member `input`. */
export function answerFunctionCall(call: ToolCallPart): JsonObject {
  const args = call.kind === ToolKind.CUSTOM ? undefined : objectOf(call.arguments);
  return written(call, args ?? { input: call.arguments });
}

function written(call: ToolCallPart, args: JsonValue): JsonObject {
  const id = wireId(call.id);
  return { name: call.name, args, ...(id !== undefined && { id }) };
}

function callArgs(call: ToolCallPart, path: string, losses: Losses): JsonValue {
  if (call.kind === ToolKind.CUSTOM) {
    losses.approximate(path, "The target calls tools with JSON only: the text is sent as the member `input`.");
    return { input: call.arguments };
  }
  const args = objectOf(call.arguments);
  if (args === undefined) throw invalid(`${path}.arguments`, `${path}.arguments must be a JSON object.`);
  return args;
}

/** A JSON object as text, with no number and no key order changed; undefined when the text is none. Empty text is an empty object. */
export function objectOf(text: string): JsonValue | undefined {
  if (text.trim() === "") return {};
  let args: JsonValue;
  try {
    ({ args } = parseExact(`{"args":${text}}`, ARGS) as { args: JsonValue });
  } catch {
    return undefined;
  }
  if ((args as unknown) instanceof RawJson) return text.trim().startsWith("{") ? args : undefined;
  return isObject(args) ? args : undefined;
}
