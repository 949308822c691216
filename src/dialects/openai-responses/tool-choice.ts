import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type ToolChoice,
  ToolChoiceMode,
  ToolChoiceSchema,
} from "../../sdk/index.js";
import { isString } from "../openai-chat/checks.js";
import { formOf, WireObject } from "./own.js";

const MODES: Readonly<Record<string, ToolChoiceMode>> = {
  auto: ToolChoiceMode.AUTO,
  none: ToolChoiceMode.NONE,
  required: ToolChoiceMode.REQUIRED,
};

/**
 * `tool_choice`; undefined when the vocabulary cannot hold it (a tool of the provider's own), so that it stays a field
 * of the dialect.
 */
export function decodeToolChoice(value: JsonValue): ToolChoice | undefined {
  if (isString(value)) {
    const mode = MODES[value];
    return mode === undefined ? undefined : choice({ mode });
  }
  if (!isObject(value)) return undefined;
  const { type, name, mode, tools, ...others } = value;
  if (Object.keys(others).length > 0) return undefined;
  if (isCallable(type) && isString(name) && mode === undefined && tools === undefined) {
    return choice({ mode: ToolChoiceMode.TOOL, name }, [type]);
  }
  if (type !== "allowed_tools" || name !== undefined || !Array.isArray(tools) || tools.length === 0) return undefined;
  const word = isString(mode) ? MODES[mode] : undefined;
  const allowed = tools.map(callable);
  if (word === undefined || !allowed.every((tool) => tool !== undefined)) return undefined;
  return choice(
    { mode: word, allowed: allowed.map((tool) => tool.name) },
    allowed.map((tool) => tool.type),
  );
}

function isCallable(type: JsonValue | undefined): type is string {
  return type === "function" || type === "custom";
}

/** A tool that runs at the caller. */
function callable(tool: JsonValue): { type: string; name: string } | undefined {
  if (!isObject(tool) || !isCallable(tool.type) || Object.keys(tool).length !== 2) return undefined;
  return isString(tool.name) ? { type: tool.type, name: tool.name } : undefined;
}

/** `types`: those of the tools that are named. */
function choice(init: MessageInitShape<typeof ToolChoiceSchema>, types?: string[]): ToolChoice {
  const wire = new WireObject({}, "");
  wire.note("types", types);
  const extensions = wire.extensions();
  return create(ToolChoiceSchema, { ...init, ...(extensions && { extensions }) });
}

/** `tool_choice`. `custom`: names of the custom tools, which are chosen by another type. */
export function encodeToolChoice(toolChoice: ToolChoice, custom: ReadonlySet<string>): JsonValue {
  const { mode, name = "", allowed } = toolChoice;
  const { types } = formOf(toolChoice);
  const typed = (tool: string, index = 0): JsonObject => {
    const noted = Array.isArray(types) ? types[index] : undefined;
    return { type: isCallable(noted) ? noted : custom.has(tool) ? "custom" : "function", name: tool };
  };
  if (mode === ToolChoiceMode.TOOL) return typed(name);
  const word = mode === ToolChoiceMode.NONE ? "none" : mode === ToolChoiceMode.REQUIRED ? "required" : "auto";
  return allowed.length > 0 ? { type: "allowed_tools", mode: word, tools: allowed.map(typed) } : word;
}
