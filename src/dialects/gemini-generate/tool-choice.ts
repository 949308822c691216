import {
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
  ToolChoiceSchema,
} from "../../sdk/index.js";
import { isString } from "./checks.js";
import { fieldsOf, formOf, restore, tellForeign, WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";

const MODES: Readonly<Record<string, ToolChoiceMode>> = {
  AUTO: ToolChoiceMode.AUTO,
  ANY: ToolChoiceMode.REQUIRED,
  NONE: ToolChoiceMode.NONE,
  VALIDATED: ToolChoiceMode.AUTO,
};

/** Takes `toolConfig.functionCallingConfig`: https://ai.google.dev/api/caching#FunctionCallingConfig */
export function takeToolChoice(wire: WireObject, init: RequestInit): void {
  const config = wire.peek("toolConfig");
  const value = isObject(config) ? (config.functionCallingConfig ?? config.function_calling_config) : undefined;
  if (!isObject(value)) return;
  const word = value.mode;
  const mode = isString(word) && Object.hasOwn(MODES, word) ? MODES[word] : undefined;
  if (mode === undefined) return;
  const outer = wire.group("toolConfig") as WireObject;
  const spelled = isObject((config as JsonObject).functionCallingConfig);
  outer.take("functionCallingConfig");
  const choice = new WireObject(value, "toolConfig.functionCallingConfig");
  choice.take("mode");
  // Only this dialect holds all calls to their schemas without forcing one.
  if (word === "VALIDATED") choice.keep("mode", word);
  const list = choice.takeIf("allowedFunctionNames", isNames);
  if (list?.length === 0) choice.noteAs("allowedFunctionNames", []);
  const [only] = list ?? [];
  const one = mode === ToolChoiceMode.REQUIRED && list?.length === 1 && only !== undefined;
  if (!spelled) choice.note("spelled", "function_calling_config");
  const extensions = choice.extensions();
  init.toolChoice = create(ToolChoiceSchema, {
    mode: one ? ToolChoiceMode.TOOL : mode,
    ...(one ? { name: only } : { allowed: list ?? [] }),
    ...(extensions && { extensions }),
  });
}

function isNames(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every(isString);
}

const WORDS: Readonly<Record<ToolChoiceMode, string>> = {
  [ToolChoiceMode.UNSPECIFIED]: "AUTO",
  [ToolChoiceMode.AUTO]: "AUTO",
  [ToolChoiceMode.REQUIRED]: "ANY",
  [ToolChoiceMode.NONE]: "NONE",
  [ToolChoiceMode.TOOL]: "ANY",
};

/**
 * `functionCallingConfig`; undefined when the default says the same. Tools of which all must obey their schemas ask for
 * `VALIDATED`, as does a free choice among some of the tools.
 */
export function encodeToolChoice(
  choice: ToolChoice | undefined,
  tools: readonly Tool[],
  own: boolean,
  losses: Losses,
): JsonObject | undefined {
  if (choice !== undefined) tellForeign(choice, "tool_choice", losses);
  const functions = tools.filter(({ kind }) => kind.case === "function");
  if (functions.length === 0 && !own) {
    if (choice?.mode === ToolChoiceMode.REQUIRED || choice?.mode === ToolChoiceMode.TOOL) {
      throw invalid("tool_choice", "tool_choice asks for a tool call, but no tool can be sent to the target.");
    }
    return undefined;
  }
  const strict = !own && functions.every(({ kind }) => kind.case === "function" && kind.value.strict === true);
  if (choice === undefined) return strict ? { mode: "VALIDATED" } : undefined;
  const out: JsonObject = { mode: WORDS[choice.mode] };
  const allowed = choice.mode === ToolChoiceMode.TOOL ? named(choice) : choice.allowed;
  if (allowed.length > 0) out.allowedFunctionNames = [...allowed];
  if (out.mode === "AUTO" && (strict || (!own && allowed.length > 0))) out.mode = "VALIDATED";
  if (fieldsOf(choice).mode === "VALIDATED" && out.mode === "AUTO") out.mode = "VALIDATED";
  return restore(out, choice);
}

function named({ name }: ToolChoice): string[] {
  if (name === undefined) throw invalid("tool_choice.name", "tool_choice.name must name the tool to call.");
  return [name];
}

/** Name of the member in which the choice came. */
export function choiceMember(choice: ToolChoice | undefined): string {
  return formOf(choice).spelled === "function_calling_config" ? "function_calling_config" : "functionCallingConfig";
}
