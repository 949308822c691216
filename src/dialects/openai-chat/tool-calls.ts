import { isObject, type JsonObject, type JsonValue, type Part, type ToolCallPart, ToolKind } from "../../sdk/index.js";
import { asObject, asString, isString } from "./checks.js";
import { formOf, restore, WireObject } from "./own.js";
import { finishPart, opaquePart } from "./part-decode.js";

/** One entry of `tool_calls`. Arguments are text and stay as they are. */
export function decodeToolCall(value: JsonValue, path: string): Part {
  const wire = new WireObject(asObject(value, path), path);
  const type = wire.take("type");
  if (type !== "function") wire.note("type", type ?? null);
  const custom = type === "custom";
  const member = custom ? "custom" : "function";
  const call = wire.take(member);
  if (!isObject(call)) {
    if (type !== undefined && type !== "function" && !custom) return opaquePart(value as JsonObject);
    asObject(call, wire.at(member));
  }
  const text = custom ? "input" : "arguments";
  const { name, [text]: args, ...others } = call as JsonObject;
  if (Object.keys(others).length > 0) wire.keep(member, others);
  if (args === undefined || args === null) wire.note("arguments", args ?? "absent");
  // Some servers answer with arguments already parsed: the vocabulary keeps text.
  else if (!isString(args)) wire.note("arguments", "object");
  else if (args === "") wire.note("arguments", "");
  const id = wire.take("id");
  if (id === undefined) wire.note("id", "absent");
  return finishPart(wire, {
    case: "toolCall",
    value: {
      id: id === undefined ? "" : asString(id, wire.at("id")),
      name: asString(name, `${wire.at(member)}.name`),
      arguments: argumentText(args),
      kind: custom ? ToolKind.CUSTOM : ToolKind.FUNCTION,
    },
  });
}

function argumentText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return isString(value) ? value : JSON.stringify(value);
}

/** The legacy `function_call` of a message, which has no id: it is given one that the answer to it will find. */
export function decodeFunctionCall(value: JsonValue, path: string, id: string): Part {
  const { name, arguments: args, ...others } = asObject(value, path);
  const wire = new WireObject(others, path);
  wire.note("legacy", true);
  return finishPart(wire, {
    case: "toolCall",
    value: {
      id,
      name: asString(name, `${path}.name`),
      arguments: asString(args ?? "", `${path}.arguments`),
      kind: ToolKind.FUNCTION,
    },
  });
}

/** Whether the call came as the legacy `function_call`. */
export function isLegacyCall(part: Part): boolean {
  return formOf(part).legacy === true;
}

/** One entry of `tool_calls`. */
export function encodeToolCall(part: Part, call: ToolCallPart): JsonObject {
  const form = formOf(part);
  const custom = call.kind === ToolKind.CUSTOM;
  const out: JsonObject = { id: call.id, type: custom ? "custom" : "function" };
  const text = custom ? "input" : "arguments";
  out[custom ? "custom" : "function"] = { name: call.name, [text]: call.arguments };
  const inner = out[custom ? "custom" : "function"] as JsonObject;
  if (call.arguments === "" && !custom) {
    if (form.arguments === "absent") delete inner.arguments;
    else if (form.arguments === null) inner.arguments = null;
    // No arguments are an empty object to every client that parses them.
    else if (form.arguments !== "") inner.arguments = "{}";
  } else if (form.arguments === "object") {
    inner.arguments = JSON.parse(call.arguments) as JsonValue;
  }
  if (form.id === "absent" && call.id === "") delete out.id;
  if ("type" in form) {
    if (form.type === null) delete out.type;
    else out.type = form.type as JsonValue;
  }
  return restore(out, part);
}

/** The legacy `function_call`. */
export function encodeFunctionCall(part: Part, call: ToolCallPart): JsonObject {
  if (isLegacyCall(part)) return restore({ name: call.name, arguments: call.arguments }, part);
  return { name: call.name, arguments: call.arguments === "" ? "{}" : call.arguments };
}
