import {
  invalid,
  type JsonObject,
  type Losses,
  type ModelTraits,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "@parlance/sdk";
import { cachePoint } from "./cache-point.js";
import type { Family } from "./family.js";
import { restore, tellForeign } from "./own.js";
import { DIALECT } from "./wire.js";

/** What tools are declared and chosen from. */
export interface ToolWishes {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice | undefined;
  /** Names of the tools that the conversation calls or answers for. */
  readonly used: readonly string[];
}

/**
 * `toolConfig`; undefined when no tool is declared. A conversation that calls tools, or answers for them, wants some
 * declared: those that it names are, where the caller declares none or lets none be called.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
 */
export function encodeToolConfig(
  { tools, choice, used }: ToolWishes,
  traits: ModelTraits,
  family: Family,
  losses: Losses,
): JsonObject | undefined {
  if (choice !== undefined) tellForeign(choice, "tool_choice", losses);
  const none = choice?.mode === ToolChoiceMode.NONE;
  // Without a word for "none", what is not declared cannot be called.
  const offered = none ? tools.filter((tool) => used.includes(nameOf(tool))) : tools;
  const only = onlyThese(choice, family);
  const declared = offered.flatMap((tool) => {
    const path = `tools[${tools.indexOf(tool)}]`;
    if (only !== undefined && tool.kind.case !== "opaque" && !only.has(nameOf(tool))) {
      losses.approximate(path, "The target is told of no tools but those that may be called.");
      return [];
    }
    return encodeTool(tool, path, traits, family, losses);
  });
  if (declared.every((tool) => tool.cachePoint !== undefined)) declared.push(...used.map(redeclared));
  if (none && declared.length > 0) {
    losses.approximate(
      "tool_choice",
      "The conversation holds calls of tools, so that the target wants them declared, and it has no word for none.",
    );
  }
  const forced = choice?.mode === ToolChoiceMode.REQUIRED || choice?.mode === ToolChoiceMode.TOOL;
  if (declared.length === 0 || (forced && offered.length === 0)) {
    if (forced)
      throw invalid("tool_choice", "tool_choice asks for a tool call, but no tool can be sent to the target.");
    return undefined;
  }
  const toolChoice = encodeChoice(choice, family, losses);
  return { tools: declared, ...(toolChoice !== undefined && { toolChoice }) };
}

function nameOf({ kind }: Tool): string {
  return kind.case === "function" || kind.case === "custom" ? kind.value.name : "";
}

/** The names of the tools that are declared; undefined where all are. */
function onlyThese(choice: ToolChoice | undefined, family: Family): ReadonlySet<string> | undefined {
  if (choice === undefined) return undefined;
  if (choice.allowed.length > 0) return new Set(choice.allowed);
  // Some call of the one tool there is: the same as a call of that tool.
  const byName = choice.mode === ToolChoiceMode.TOOL && !family.choices.includes("tool");
  return byName && family.choices.includes("any") ? new Set([choice.name ?? ""]) : undefined;
}

function encodeTool(tool: Tool, path: string, traits: ModelTraits, family: Family, losses: Losses): JsonObject[] {
  const { kind } = tool;
  if (kind.case === "custom") {
    losses.drop(path, "The target calls tools with JSON only, not with free text.");
    return [];
  }
  const point = cachePoint(tool.cache, family, path, losses);
  const after = point === undefined ? [] : [point];
  if (kind.case === "opaque") {
    const { dialect, value = {} } = kind.value;
    if (dialect === DIALECT) return [{ ...value }, ...after];
    losses.drop(path, `Only the dialect ${dialect} has this tool, and the target speaks ${DIALECT}.`);
    return after;
  }
  if (kind.case !== "function") return [];
  tellForeign(tool, path, losses);
  const { name, description, parameters, strict } = kind.value;
  const toolSpec: JsonObject = {
    name,
    // An empty one is refused, and says nothing.
    ...(description !== undefined && description !== "" && { description }),
    inputSchema: { json: parameters ?? { type: "object", properties: {} } },
  };
  if (strict === true && traits.jsonSchema === false) {
    losses.drop(`${path}.function.strict`, "The target's model does not obey schemas by itself.");
  } else if (strict === true) toolSpec.strict = true;
  return [{ toolSpec: restore(toolSpec, tool) }, ...after];
}

function redeclared(name: string): JsonObject {
  return { toolSpec: { name, inputSchema: { json: { type: "object" } } } };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html */
function encodeChoice(choice: ToolChoice | undefined, { choices }: Family, losses: Losses): JsonObject | undefined {
  if (choice === undefined) return undefined;
  switch (choice.mode) {
    case ToolChoiceMode.REQUIRED:
      if (choices.includes("any")) return restore({ any: {} }, choice);
      break;
    case ToolChoiceMode.TOOL:
      if (choice.name === undefined) throw invalid("tool_choice.name", "tool_choice.name must name the tool to call.");
      if (choices.includes("tool")) return restore({ tool: { name: choice.name } }, choice);
      if (choices.includes("any")) return restore({ any: {} }, choice);
      break;
    case ToolChoiceMode.AUTO:
      return choices.length === 0 ? undefined : restore({ auto: {} }, choice);
    default:
      return undefined;
  }
  losses.approximate("tool_choice", "The target's model chooses by itself whether it calls a tool.");
  return undefined;
}
