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
import { isString } from "./checks.js";
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
  if ((type === "function" || type === "custom") && isString(name) && mode === undefined && tools === undefined) {
    return choice({ mode: ToolChoiceMode.TOOL, name }, type === "custom" ? "custom" : undefined);
  }
  if (type !== "allowed_tools" || name !== undefined || !Array.isArray(tools) || tools.length === 0) return undefined;
  const word = isString(mode) ? MODES[mode] : undefined;
  const names = tools.map(functionName);
  return word !== undefined && names.every(isString) ? choice({ mode: word, allowed: names }) : undefined;
}

function functionName(tool: JsonValue): string | undefined {
  if (!isObject(tool) || tool.type !== "function" || Object.keys(tool).length !== 2) return undefined;
  return isString(tool.name) ? tool.name : undefined;
}

function choice(init: MessageInitShape<typeof ToolChoiceSchema>, type?: string): ToolChoice {
  const wire = new WireObject({}, "");
  wire.note("type", type);
  const extensions = wire.extensions();
  return create(ToolChoiceSchema, { ...init, ...(extensions && { extensions }) });
}

/** `tool_choice`. `custom`: names of the custom tools, which are chosen by another type. */
export function encodeToolChoice(toolChoice: ToolChoice, custom: ReadonlySet<string>): JsonValue {
  const { mode, name = "", allowed } = toolChoice;
  const typed = (tool: string): JsonObject => ({ type: custom.has(tool) ? "custom" : "function", name: tool });
  if (mode === ToolChoiceMode.TOOL) {
    return formOf(toolChoice).type === "custom" ? { type: "custom", name } : typed(name);
  }
  const word = mode === ToolChoiceMode.NONE ? "none" : mode === ToolChoiceMode.REQUIRED ? "required" : "auto";
  return allowed.length > 0 ? { type: "allowed_tools", mode: word, tools: allowed.map(typed) } : word;
}
