import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type MessageInitShape,
  type Tool,
  ToolSchema,
} from "../../sdk/index.js";
import { asBoolean, asObject, asString, isString } from "../openai-chat/checks.js";
import { restore, tellForeign, WireObject } from "./own.js";
import { DIALECT } from "./wire.js";

type ToolKindInit = NonNullable<MessageInitShape<typeof ToolSchema>["kind"]>;

/** One entry of `tools`. What is neither a function nor a custom tool is kept whole, for targets of this dialect. */
export function decodeTool(value: JsonValue, path: string): Tool {
  const wire = new WireObject(asObject(value, path), path);
  const type = asString(wire.take("type"), wire.at("type"));
  if (type !== "function" && type !== "custom") {
    return create(ToolSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value: value as JsonObject } } });
  }
  wire.note("own", true);
  const kind: ToolKindInit = type === "function" ? readFunction(wire) : readCustom(wire);
  const extensions = wire.extensions();
  return create(ToolSchema, { kind, ...(extensions && { extensions }) });
}

function named(wire: WireObject): { name: string; description?: string } {
  const name = asString(wire.take("name"), wire.at("name"));
  const description = wire.take("description");
  return description === undefined ? { name } : { name, description: asString(description, wire.at("description")) };
}

function readFunction(wire: WireObject): ToolKindInit {
  const parameters = wire.take("parameters");
  const strict = wire.take("strict");
  return {
    case: "function",
    value: {
      ...named(wire),
      ...(parameters !== undefined && { parameters: asObject(parameters, wire.at("parameters")) }),
      ...(strict !== undefined && { strict: asBoolean(strict, wire.at("strict")) }),
    },
  };
}

/** A grammar lies flat on this wire, and in a member of its own in Chat Completions, whose shape the vocabulary has. */
function readCustom(wire: WireObject): ToolKindInit {
  const format = wire.take("format");
  const value = named(wire);
  if (format === undefined) return { case: "custom", value };
  const { type, ...grammar } = asObject(format, wire.at("format"));
  const nested = type === "grammar" ? { type, grammar } : (format as JsonObject);
  return { case: "custom", value: { ...value, format: nested } };
}

/** The member `tools`. */
export function encodeTools(tools: readonly Tool[], losses: Losses): JsonObject[] {
  return tools.flatMap((tool, index) => {
    const path = `tools[${index}]`;
    tellForeign(tool, path, losses);
    if (tool.cache !== undefined) {
      losses.drop(`${path}.cache`, "The target caches prompts by itself; most of its models take no hints.");
    }
    const wire = encodeTool(tool, path, losses);
    return wire === undefined ? [] : [restore(wire, tool)];
  });
}

function encodeTool(tool: Tool, path: string, losses: Losses): JsonObject | undefined {
  const { kind } = tool;
  switch (kind.case) {
    case "function": {
      const { name, description, parameters, strict } = kind.value;
      const own = tool.extensions?.[DIALECT] !== undefined;
      const out: JsonObject = { type: "function", name };
      if (description !== undefined) out.description = description;
      if (parameters !== undefined) out.parameters = parameters;
      else if (!own) out.parameters = { type: "object", properties: {} };
      if (strict !== undefined) out.strict = strict;
      // Unlike elsewhere, silence means strict here, and most schemas are refused then.
      else if (!own) out.strict = false;
      return out;
    }
    case "custom": {
      const { name, description, format } = kind.value;
      const out: JsonObject = { type: "custom", name };
      if (description !== undefined) out.description = description;
      if (format !== undefined) out.format = flatFormat(format);
      return out;
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

function flatFormat(format: JsonObject): JsonObject {
  const { type, grammar, ...others } = format;
  return isString(type) && isObject(grammar) ? { type, ...others, ...grammar } : format;
}
