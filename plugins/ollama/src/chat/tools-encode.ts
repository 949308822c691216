import {
  type ChatRequest,
  invalid,
  isObject,
  type JsonObject,
  type Losses,
  ownFields,
  tellForeignFields,
  tellHomelessFields,
  type Tool,
  ToolChoiceMode,
} from "@parlance/sdk";
import { DIALECT } from "./wire.js";

/**
 * The tools that the wire can say: https://docs.ollama.com/capabilities/tool-calling. It has no choice of tools, so that
 * a choice is made by what is shown of them.
 */
export function encodeTools(request: ChatRequest, losses: Losses): JsonObject[] {
  const shown = choose(request, losses);
  return request.tools.flatMap((tool, index) => {
    const path = `tools[${index}]`;
    const written = encodeTool(tool, path, losses);
    if (written === undefined || shown(tool)) return written === undefined ? [] : [written];
    losses.drop(path, "The choice of tools leaves it out, which the target can only be told by not showing it.");
    return [];
  });
}

/** Which tools the model is shown. */
function choose({ toolChoice: choice, tools }: ChatRequest, losses: Losses): (tool: Tool) => boolean {
  if (choice === undefined) return () => true;
  tellForeignFields(choice, "tool_choice", DIALECT, losses);
  tellHomelessFields(choice, "tool_choice", DIALECT, losses);
  const { mode, name, allowed } = choice;
  if (mode === ToolChoiceMode.NONE) {
    if (tools.length > 0) losses.approximate("tool_choice", "The target has no such field: no tool is shown to it.");
    return () => false;
  }
  if (mode === ToolChoiceMode.TOOL) {
    if (name === undefined) throw invalid("tool_choice.name", "tool_choice.name must name the tool to call.");
    losses.approximate("tool_choice", "The target cannot be made to call a tool: no other is shown to it.");
    return (tool) => nameOf(tool) === name;
  }
  if (mode === ToolChoiceMode.REQUIRED) losses.drop("tool_choice.mode", "The target cannot be made to call a tool.");
  if (allowed.length === 0) return () => true;
  losses.approximate("tool_choice.allowed", "The target has no such field: the others are not shown to it.");
  return (tool) => allowed.includes(nameOf(tool));
}

function nameOf({ kind }: Tool): string {
  return kind.case === "function" || kind.case === "custom" ? kind.value.name : "";
}

function encodeTool(tool: Tool, path: string, losses: Losses): JsonObject | undefined {
  const { kind } = tool;
  if (tool.cache !== undefined) losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
  tellForeignFields(tool, path, DIALECT, losses);
  if (kind.case === "opaque") {
    if (kind.value.dialect === DIALECT) return { ...kind.value.value };
    losses.drop(path, `Only the dialect ${kind.value.dialect} has this tool, and the target speaks ${DIALECT}.`);
    return undefined;
  }
  if (kind.case !== "function") {
    losses.drop(path, "The target calls tools with JSON only, not with free text.");
    return undefined;
  }
  const { name, description, parameters, strict } = kind.value;
  if (strict === true) losses.drop(`${path}.function.strict`, "The target does not hold calls to schemas.");
  const { function: kept, ...fields } = ownFields(tool, DIALECT);
  return {
    ...fields,
    type: "function",
    function: {
      ...(isObject(kept) ? kept : {}),
      name,
      ...(description !== undefined && { description }),
      // Required, with a type: templates of models read both.
      parameters: parameters ?? { type: "object", properties: {} },
    },
  };
}
