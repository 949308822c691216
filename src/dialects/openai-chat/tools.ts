import {
  create,
  type FunctionToolSchema,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type MessageInitShape,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
  ToolChoiceSchema,
  ToolSchema,
} from "../../sdk/index.js";
import { takeCacheControl, writeCacheControl } from "./cache-control.js";
import { asObject, asString, isString } from "./checks.js";
import { formOf, restore, tellForeign, WireObject } from "./own.js";
import { DIALECT } from "./wire.js";

/** One entry of `tools`. */
export function decodeTool(value: JsonValue, path: string): Tool {
  const wire = new WireObject(asObject(value, path), path);
  const type = wire.take("type");
  // Some servers of the dialect do not ask for the type, and their clients leave it out.
  if (type === undefined && isObject(wire.peek("function"))) wire.note("type", "absent");
  else asString(type, wire.at("type"));
  if (type === undefined || type === "function") {
    const inner = asObject(wire.take("function"), wire.at("function"));
    return finishTool(wire, { case: "function", value: readFunction(inner, wire.at("function"), wire, "function") });
  }
  const custom = wire.peek("custom");
  if (type === "custom" && isObject(custom)) {
    wire.take("custom");
    const { name, description, format, ...others } = custom;
    if (Object.keys(others).length > 0) wire.keep("custom", others);
    return finishTool(wire, {
      case: "custom",
      value: {
        name: asString(name, `${wire.at("custom")}.name`),
        ...(isString(description) && { description }),
        ...(isObject(format) && { format }),
      },
    });
  }
  return create(ToolSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value: value as JsonObject } } });
}

/** One entry of the legacy `functions`. */
export function decodeLegacyFunction(value: JsonValue, path: string): Tool {
  const wire = new WireObject({}, path);
  wire.note("legacy", true);
  return finishTool(wire, { case: "function", value: readFunction(asObject(value, path), path, wire, "function") });
}

type ToolKindInit = NonNullable<MessageInitShape<typeof ToolSchema>["kind"]>;

function finishTool(wire: WireObject, kind: ToolKindInit): Tool {
  const cache = takeCacheControl(wire);
  const extensions = wire.extensions();
  return create(ToolSchema, { kind, ...(cache && { cache }), ...(extensions && { extensions }) });
}

function readFunction(
  inner: JsonObject,
  path: string,
  outer: WireObject,
  member: string,
): MessageInitShape<typeof FunctionToolSchema> {
  const { name, description, parameters, strict, ...others } = inner;
  for (const [key, value] of Object.entries({ description, parameters, strict }))
    if (value === null) others[key] = null;
  if (Object.keys(others).length > 0) outer.keep(member, others);
  if (isString(description) || description === undefined || description === null) {
    return {
      name: asString(name, `${path}.name`),
      ...(isString(description) && { description }),
      ...(parameters !== undefined &&
        parameters !== null && { parameters: asObject(parameters, `${path}.parameters`) }),
      ...(typeof strict === "boolean" && { strict }),
    };
  }
  asString(description, `${path}.description`);
  return {};
}

/** The members `tools` and `functions`. */
export function encodeTools(tools: readonly Tool[], losses: Losses): { tools: JsonObject[]; functions: JsonObject[] } {
  const out = { tools: [] as JsonObject[], functions: [] as JsonObject[] };
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    tellForeign(tool, path, losses);
    const wire = encodeTool(tool, path, losses);
    if (wire === undefined) return;
    if (formOf(tool).legacy === true) {
      out.functions.push(restore(wire, tool).function as JsonObject);
      return;
    }
    if (formOf(tool).type === "absent") delete wire.type;
    if (tool.cache !== undefined) {
      if (formOf(tool).cache === true) wire.cache_control = writeCacheControl(tool.cache);
      else losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
    }
    out.tools.push(restore(wire, tool));
  });
  return out;
}

function encodeTool(tool: Tool, path: string, losses: Losses): JsonObject | undefined {
  const { kind } = tool;
  switch (kind.case) {
    case "function": {
      const { name, description, parameters, strict } = kind.value;
      const inner: JsonObject = { name };
      if (description !== undefined) inner.description = description;
      if (parameters !== undefined) inner.parameters = parameters;
      if (strict !== undefined) inner.strict = strict;
      return { type: "function", function: inner };
    }
    case "custom": {
      const { name, description, format } = kind.value;
      const inner: JsonObject = { name };
      if (description !== undefined) inner.description = description;
      if (format !== undefined) inner.format = format;
      return { type: "custom", custom: inner };
    }
    case "opaque":
      if (kind.value.dialect === DIALECT) return { ...kind.value.value };
      losses.drop(path, `Only the dialect ${kind.value.dialect} has this tool.`);
      return undefined;
    default:
      losses.drop(path, "The tool is empty.");
      return undefined;
  }
}

const CHOICES: Readonly<Record<string, ToolChoiceMode>> = {
  auto: ToolChoiceMode.AUTO,
  none: ToolChoiceMode.NONE,
  required: ToolChoiceMode.REQUIRED,
  any: ToolChoiceMode.REQUIRED,
};

/** `tool_choice`; undefined when it is of no known shape, and so stays a field of the dialect. */
export function decodeToolChoice(value: JsonValue): ToolChoice | undefined {
  if (isString(value)) {
    const mode = CHOICES[value];
    return mode === undefined ? undefined : choice({ mode }, value === "any" ? { word: "any" } : {});
  }
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value).length;
  for (const member of ["function", "custom"]) {
    const named = value[member];
    if (
      value.type === member &&
      isObject(named) &&
      isString(named.name) &&
      Object.keys(named).length === 1 &&
      keys === 2
    ) {
      return choice({ mode: ToolChoiceMode.TOOL, name: named.name }, member === "custom" ? { type: "custom" } : {});
    }
  }
  const list = value.allowed_tools;
  if (value.type !== "allowed_tools" || !isObject(list) || !Array.isArray(list.tools) || keys !== 2) return undefined;
  const names = list.tools.map((tool) => (isObject(tool) && isObject(tool.function) ? tool.function.name : undefined));
  const mode = isString(list.mode) ? CHOICES[list.mode] : undefined;
  return mode !== undefined && list.mode !== "any" && names.length > 0 && names.every(isString)
    ? choice({ mode, allowed: names }, {})
    : undefined;
}

/** The legacy `function_call` of a request. */
export function decodeLegacyChoice(value: JsonValue, path: string): ToolChoice {
  if (isString(value)) return choice({ mode: CHOICES[value] ?? ToolChoiceMode.AUTO }, { legacy: true });
  return choice(
    { mode: ToolChoiceMode.TOOL, name: asString(asObject(value, path).name, `${path}.name`) },
    { legacy: true },
  );
}

function choice(init: MessageInitShape<typeof ToolChoiceSchema>, form: JsonObject): ToolChoice {
  const wire = new WireObject({}, "");
  for (const name of Object.keys(form)) wire.note(name, form[name] as JsonValue);
  const extensions = wire.extensions();
  return create(ToolChoiceSchema, { ...init, ...(extensions && { extensions }) });
}

/** `tool_choice`, or the legacy `function_call`. */
export function encodeToolChoice(toolChoice: ToolChoice): { member: string; value: JsonValue } {
  const { mode, name, allowed } = toolChoice;
  const form = formOf(toolChoice);
  if (form.legacy === true) {
    return { member: "function_call", value: mode === ToolChoiceMode.TOOL ? { name: name ?? "" } : wordOf(mode) };
  }
  if (mode === ToolChoiceMode.TOOL) {
    const type = form.type === "custom" ? "custom" : "function";
    return { member: "tool_choice", value: { type, [type]: { name: name ?? "" } } };
  }
  if (allowed.length > 0) {
    const tools = allowed.map((tool) => ({ type: "function", function: { name: tool } }));
    return { member: "tool_choice", value: { type: "allowed_tools", allowed_tools: { mode: wordOf(mode), tools } } };
  }
  return { member: "tool_choice", value: isString(form.word) ? form.word : wordOf(mode) };
}

function wordOf(mode: ToolChoiceMode): string {
  if (mode === ToolChoiceMode.NONE) return "none";
  return mode === ToolChoiceMode.REQUIRED ? "required" : "auto";
}
