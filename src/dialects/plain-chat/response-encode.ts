import type { AnswerContext, Completion, JsonObject } from "../../sdk/index.js";
import { encodeToolCall } from "../openai-chat/tool-calls.js";
import { summarise } from "./summary.js";

/** Writes a whole answer: `{id, model, content, finish_reason, usage, provider, ...}`. */
export function encodeResponse(completion: Completion, context: AnswerContext): string {
  return JSON.stringify({
    id: completion.id || context.requestId,
    model: completion.model || context.model,
    content: textOf(completion, "text") + textOf(completion, "refusal"),
    ...reasoningOf(completion),
    ...toolCallsOf(completion),
    ...summarise(completion),
  });
}

/** The member `tool_calls`, in OpenAI's form, where there are calls. */
export function toolCallsOf(completion: Completion): JsonObject {
  const calls = partsOf(completion).flatMap((part) =>
    part.kind.case === "toolCall" ? encodeToolCall(part, part.kind.value) : [],
  );
  return calls.length === 0 ? {} : { tool_calls: calls };
}

function reasoningOf(completion: Completion): JsonObject {
  const reasoning = textOf(completion, "reasoning");
  return reasoning === "" ? {} : { reasoning };
}

function textOf(completion: Completion, kind: "text" | "refusal" | "reasoning"): string {
  return partsOf(completion)
    .map((part) => (part.kind.case === kind ? part.kind.value.text : ""))
    .join("");
}

function partsOf(completion: Completion) {
  return completion.choices[0]?.message?.parts ?? [];
}
