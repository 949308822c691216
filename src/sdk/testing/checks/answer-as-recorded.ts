import { isDeepStrictEqual } from "node:util";
import { FinishReason } from "../../../gen/parlance/v1/completion_pb.js";
import { type Check, promise } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";
import { completionOf, type Outcome, textOf } from "../run-call.js";

export const answerAsRecorded: Check = {
  name: "answer-as-recorded",
  promise: "Text, tool calls and finish are those that the server told.",
  async run(kit) {
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      const { text, finish, toolCalls } = recording.expect;
      const of = `of the recording "${recording.name}"`;
      const came = { text: textOf(outcome), finish: finishOf(outcome), toolCalls: toolCallsOf(outcome) };
      promise(text === undefined || text === came.text, `the text ${of}, ${shown(text)}`, shown(came.text));
      promise(finish === undefined || finish === came.finish, `the finish ${of}, ${shown(finish)}`, shown(came.finish));
      promise(
        toolCalls === undefined || isDeepStrictEqual(toolCalls, came.toolCalls),
        `the tool calls ${of}, ${shown(toolCalls)}`,
        shown(came.toolCalls),
      );
    }
  },
};

/** The reason of the first choice, such as `tool_calls`; undefined when there is none. */
export function finishOf(outcome: Outcome): string | undefined {
  const reason = completionOf(outcome).choices[0]?.finish?.reason;
  return reason === undefined ? undefined : FinishReason[reason].toLowerCase();
}

/** Names and arguments of the tool calls of the first choice. */
export function toolCallsOf(outcome: Outcome): { name: string; arguments: unknown }[] {
  const parts = completionOf(outcome).choices[0]?.message?.parts ?? [];
  return parts.flatMap(({ kind }) =>
    kind.case === "toolCall" ? [{ name: kind.value.name, arguments: parsed(kind.value.arguments) }] : [],
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "none").slice(0, 200);
}
