import { pieces, type Script } from "./script.js";

/** A whole answer as Cohere's chat, version 2, writes it (https://docs.cohere.com/reference/chat). */
export function cohereAnswer(script: Script): Record<string, unknown> {
  const content = contentOf(script);
  return {
    id: "a-kit-answer",
    message: {
      role: "assistant",
      ...(script.toolCalls && {
        ...(script.reasoning !== undefined && { tool_plan: script.reasoning }),
        tool_calls: script.toolCalls.map(call),
      }),
      ...(content.length > 0 && { content }),
    },
    finish_reason: finish(script),
    usage: usage(script),
  };
}

/** The events of the same answer as a stream (https://docs.cohere.com/docs/streaming). */
export function cohereEvents(script: Script): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = [
    {
      id: "a-kit-answer",
      type: "message-start",
      delta: { message: { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] } },
    },
  ];
  if (script.toolCalls !== undefined) {
    for (const piece of pieces(script.reasoning ?? "")) {
      events.push({ type: "tool-plan-delta", delta: { message: { tool_plan: piece } } });
    }
  }
  contentOf(script).forEach((block, index) => {
    const kind = block.type === "text" ? "text" : "thinking";
    const empty = { type: kind, [kind]: "" };
    events.push({ type: "content-start", index, delta: { message: { content: empty } } });
    for (const piece of pieces(block[kind] as string)) {
      events.push({ type: "content-delta", index, delta: { message: { content: { [kind]: piece } } } });
    }
    events.push({ type: "content-end", index });
  });
  (script.toolCalls ?? []).forEach((one, index) => {
    const tool_calls = { ...call(one), function: { name: one.name, arguments: "" } };
    events.push({ type: "tool-call-start", index, delta: { message: { tool_calls } } });
    for (const piece of one.arguments.match(/.{1,5}/gsu) ?? []) {
      const delta = { message: { tool_calls: { function: { arguments: piece } } } };
      events.push({ type: "tool-call-delta", index, delta });
    }
    events.push({ type: "tool-call-end", index });
  });
  return [...events, { type: "message-end", delta: { finish_reason: finish(script), usage: usage(script) } }];
}

/** That stream as it is written. */
export function cohereStream(script: Script): string {
  return cohereSse(cohereEvents(script));
}

/** Events as they are written. */
export function cohereSse(events: readonly Record<string, unknown>[]): string {
  return events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** What a model thinks before it calls tools is its plan, and not content. */
function contentOf(script: Script): Record<string, unknown>[] {
  const content: Record<string, unknown>[] = [];
  if (script.reasoning !== undefined && script.toolCalls === undefined) {
    content.push({ type: "thinking", thinking: script.reasoning });
  }
  const text = script.text ?? script.refusal;
  if (text !== undefined) content.push({ type: "text", text });
  return content;
}

function call({ id, name, arguments: args }: NonNullable<Script["toolCalls"]>[number]): Record<string, unknown> {
  return { id, type: "function", function: { name, arguments: args } };
}

function finish({ finish: reason }: Script): string {
  return { stop: "COMPLETE", length: "MAX_TOKENS", tool_calls: "TOOL_CALL" }[reason];
}

function usage({ inputTokens, outputTokens }: Script): unknown {
  return {
    billed_units: { input_tokens: Math.max(inputTokens - 3, 0), output_tokens: outputTokens },
    tokens: { input_tokens: inputTokens, output_tokens: outputTokens },
    cached_tokens: 0,
  };
}
