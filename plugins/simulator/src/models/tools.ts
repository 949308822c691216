import { ParlanceError, type Tool, type ToolChoice, ToolChoiceMode } from "@parlance/sdk";
import type { Piece, SimulatedModel, Turn } from "../behaviour.js";
import { freshResults, lastUserText } from "../conversation.js";
import { sampleSchema } from "../schema-sample.js";
import { sentences } from "./lorem.js";

/**
 * `tools`: calls every tool that it may call, one after the other where `parallel_tool_calls` is false; one tool is
 * called twice where the user's words hold "parallel". Given results, it tells them.
 */
export const tools: SimulatedModel = {
  answer: (turn) => {
    const results = freshResults(turn.request);
    if (results.length > 0 && !mustCallTool(turn.request.toolChoice)) {
      const lines = results.map(
        ({ name, text, failed }) => `The tool ${name} ${failed ? "failed" : "answered"}: ${text}`,
      );
      return { pieces: [{ kind: "text", text: lines.join("\n") }] };
    }
    const calls = callTools(turn);
    return { pieces: calls.length > 0 ? calls : [{ kind: "text", text: "There is no tool that I may call." }] };
  },
};

/** Whether the choice leaves the model no way but to call. */
export function mustCallTool(choice: ToolChoice | undefined): boolean {
  return choice?.mode === ToolChoiceMode.REQUIRED || choice?.mode === ToolChoiceMode.TOOL;
}

/** Calls of the tools that the request allows, with made-up arguments. Throws `invalid_request` for a choice that cannot be. */
export function callTools(turn: Turn): Piece[] {
  const { request } = turn;
  const callable = callableTools(request.tools, request.toolChoice);
  if (callable.length === 0 && mustCallTool(request.toolChoice)) {
    throw new ParlanceError("invalid_request", "The tool choice asks for a call, and no tool may be called.", {
      field: "tool_choice",
    });
  }
  const once = request.parallelToolCalls === false;
  const twice = callable.length === 1 && /parallel/i.test(lastUserText(request));
  const chosen = once ? callable.slice(0, 1) : twice ? [...callable, ...callable] : callable;
  return chosen.map((tool) => callOf(tool, turn)).filter((piece) => piece !== undefined);
}

function callableTools(offered: readonly Tool[], choice: ToolChoice | undefined): Tool[] {
  if (choice?.mode === ToolChoiceMode.NONE) return [];
  const named = offered.filter((tool) => nameOf(tool) !== undefined);
  if (choice?.mode === ToolChoiceMode.TOOL) {
    const found = named.filter((tool) => nameOf(tool) === choice.name);
    if (found.length === 0) {
      throw new ParlanceError(
        "invalid_request",
        `The tool choice names "${choice.name ?? ""}", which is not among the tools.`,
        {
          field: "tool_choice.name",
        },
      );
    }
    return found.slice(0, 1);
  }
  const allowed = choice?.allowed ?? [];
  return allowed.length === 0 ? named : named.filter((tool) => allowed.includes(nameOf(tool) as string));
}

function nameOf({ kind }: Tool): string | undefined {
  return kind.case === "function" || kind.case === "custom" ? kind.value.name : undefined;
}

function callOf({ kind }: Tool, { random, losses, request }: Turn): Piece | undefined {
  const id = `call_${random.hex(24)}`;
  if (kind.case === "custom") {
    if (kind.value.format !== undefined) {
      losses.approximate(`tools.${kind.value.name}.format`, "The simulator does not read grammars.");
    }
    return { kind: "toolCall", id, name: kind.value.name, text: sentences(random, 1), custom: true };
  }
  if (kind.case !== "function") return undefined;
  const { value, obeys } = sampleSchema({ type: "object", ...kind.value.parameters }, random);
  if (!obeys) {
    const index = request.tools.findIndex((tool) => tool.kind.value === kind.value);
    losses.approximate(`tools[${index}].function.parameters`, "The simulator found no arguments that obey the schema.");
  }
  return { kind: "toolCall", id, name: kind.value.name, text: JSON.stringify(value), custom: false };
}
