import {
  create,
  invalid,
  type JsonObject,
  type Losses,
  type ToolChoice,
  ToolChoiceMode,
  ToolChoiceSchema,
} from "../../sdk/index.js";
import { asBoolean, asObject, asString } from "./checks.js";
import { formOf, restore, tellForeign, WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";

const MODES: Readonly<Record<string, ToolChoiceMode>> = {
  auto: ToolChoiceMode.AUTO,
  any: ToolChoiceMode.REQUIRED,
  none: ToolChoiceMode.NONE,
  tool: ToolChoiceMode.TOOL,
};

const WORDS: Readonly<Record<ToolChoiceMode, string>> = {
  [ToolChoiceMode.UNSPECIFIED]: "auto",
  [ToolChoiceMode.AUTO]: "auto",
  [ToolChoiceMode.REQUIRED]: "any",
  [ToolChoiceMode.NONE]: "none",
  [ToolChoiceMode.TOOL]: "tool",
};

/** Takes `tool_choice`, and from it whether calls may come side by side. */
export function takeToolChoice(wire: WireObject, init: RequestInit): void {
  const value = wire.peek("tool_choice");
  if (value === undefined || value === null) return;
  wire.take("tool_choice");
  const choice = new WireObject(asObject(value, "tool_choice"), "tool_choice");
  const word = asString(choice.take("type"), "tool_choice.type");
  const mode = Object.hasOwn(MODES, word) ? MODES[word] : undefined;
  if (mode === undefined) {
    throw invalid("tool_choice.type", `tool_choice.type is "${word}", but must be ${Object.keys(MODES).join(", ")}.`);
  }
  const name = mode === ToolChoiceMode.TOOL ? asString(choice.take("name"), "tool_choice.name") : undefined;
  const serial = choice.peek("disable_parallel_tool_use");
  if (serial !== undefined && serial !== null) {
    choice.take("disable_parallel_tool_use");
    init.parallelToolCalls = !asBoolean(serial, "tool_choice.disable_parallel_tool_use");
    choice.noteAs("disable_parallel_tool_use", serial);
  }
  // Encoders leave a choice without tools out.
  if ((init.tools ?? []).length === 0) choice.note("bare", true);
  const extensions = choice.extensions();
  init.toolChoice = create(ToolChoiceSchema, {
    mode,
    ...(name !== undefined && { name }),
    ...(extensions && { extensions }),
  });
}

/**
 * `tool_choice` on the wire; undefined when the default says the same.
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use#controlling-claudes-output
 */
export function encodeToolChoice(
  choice: ToolChoice | undefined,
  parallel: boolean | undefined,
  tools: number,
  losses: Losses,
): JsonObject | undefined {
  if (choice !== undefined) tellForeign(choice, "tool_choice", losses);
  if (tools === 0 && formOf(choice).bare !== true) {
    if (choice?.mode === ToolChoiceMode.REQUIRED || choice?.mode === ToolChoiceMode.TOOL) {
      throw invalid("tool_choice", "tool_choice asks for a tool call, but no tool can be sent to the target.");
    }
    return undefined;
  }
  if (choice === undefined) return parallel === false ? { type: "auto", disable_parallel_tool_use: true } : undefined;
  const out: JsonObject = { type: WORDS[choice.mode] };
  if (choice.mode === ToolChoiceMode.TOOL) {
    if (choice.name === undefined) throw invalid("tool_choice.name", "tool_choice.name must name the tool to call.");
    out.name = choice.name;
  }
  // The wire does not take the flag where no tool may be called.
  if (parallel === false && choice.mode !== ToolChoiceMode.NONE) out.disable_parallel_tool_use = true;
  return restore(out, choice);
}

/** Whether the choice forces a call, which the wire does not take together with thinking. */
export function forcesCall(choice: ToolChoice | undefined): boolean {
  return choice?.mode === ToolChoiceMode.REQUIRED || choice?.mode === ToolChoiceMode.TOOL;
}
