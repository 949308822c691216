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

/** Writes `tools`, `tool_choice` and `strict_tools`: https://docs.cohere.com/docs/tool-use-parameter-types */
export function writeTools(request: ChatRequest, out: JsonObject, losses: Losses): void {
  const { shown, choice } = choose(request, losses);
  const functions = request.tools.filter(({ kind }) => kind.case === "function");
  // All calls are held to their schemas, or none.
  const strict =
    functions.length > 0 && functions.every(({ kind }) => kind.case === "function" && kind.value.strict === true);
  const tools = request.tools.flatMap((tool, index) => {
    const path = `tools[${index}]`;
    const written = encodeTool(tool, path, strict, losses);
    if (written === undefined || shown(tool)) return written === undefined ? [] : [written];
    losses.drop(path, "The choice of tools leaves it out, which the target can only be told by not showing it.");
    return [];
  });
  if (tools.length > 0) {
    out.tools = tools;
    if (strict) out.strict_tools = true;
    if (choice !== undefined) out.tool_choice = choice;
  } else if (choice === "REQUIRED") {
    throw invalid("tool_choice", "tool_choice asks for a tool call, but no tool can be sent to the target.");
  }
}

interface Choice {
  /** Which tools the model is shown. */
  readonly shown: (tool: Tool) => boolean;
  /** The wire's word; undefined leaves it to the model. */
  readonly choice: "REQUIRED" | "NONE" | undefined;
}

/** The wire knows all tools or none: which of them is said by what is shown. */
function choose({ toolChoice }: ChatRequest, losses: Losses): Choice {
  if (toolChoice === undefined) return { shown: () => true, choice: undefined };
  tellForeignFields(toolChoice, "tool_choice", DIALECT, losses);
  tellHomelessFields(toolChoice, "tool_choice", DIALECT, losses);
  const { mode, name, allowed } = toolChoice;
  if (mode === ToolChoiceMode.TOOL) {
    if (name === undefined) throw invalid("tool_choice.name", "tool_choice.name must name the tool to call.");
    losses.approximate("tool_choice", "The target cannot be told which tool to call: no other is shown to it.");
    return { shown: (tool) => nameOf(tool) === name, choice: "REQUIRED" };
  }
  if (mode === ToolChoiceMode.NONE) return { shown: () => true, choice: "NONE" };
  const choice = mode === ToolChoiceMode.REQUIRED ? "REQUIRED" : undefined;
  if (allowed.length === 0) return { shown: () => true, choice };
  losses.approximate("tool_choice.allowed", "The target has no such field: the others are not shown to it.");
  return { shown: (tool) => allowed.includes(nameOf(tool)), choice };
}

function nameOf({ kind }: Tool): string {
  return kind.case === "function" || kind.case === "custom" ? kind.value.name : "";
}

function encodeTool(tool: Tool, path: string, strict: boolean, losses: Losses): JsonObject | undefined {
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
  const { name, description, parameters } = kind.value;
  if (kind.value.strict === true && !strict) {
    losses.drop(`${path}.function.strict`, "The target holds all tools to their schemas or none: not all are strict.");
  }
  const { function: kept, ...fields } = ownFields(tool, DIALECT);
  return {
    ...fields,
    type: "function",
    function: {
      ...(isObject(kept) ? kept : {}),
      name,
      ...(description !== undefined && { description }),
      // Required, even of tools that take nothing.
      parameters: parameters ?? { type: "object", properties: {} },
    },
  };
}
