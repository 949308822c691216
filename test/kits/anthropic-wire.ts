import { pieces, type Script } from "./script.js";

const STOP = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" } as const;

/** A whole answer as Anthropic's messages write it (https://docs.claude.com/en/api/messages). */
export function anthropicAnswer(script: Script): unknown {
  return {
    id: "msg_kit",
    type: "message",
    role: "assistant",
    model: "upstream-model-2025",
    content: blocks(script),
    stop_reason: script.refusal === undefined ? STOP[script.finish] : "refusal",
    stop_sequence: null,
    usage: { input_tokens: script.inputTokens, output_tokens: script.outputTokens },
  };
}

/** The same answer as a stream (https://docs.claude.com/en/docs/build-with-claude/streaming). */
export function anthropicStream(script: Script): string {
  const events: { type: string }[] = [];
  const event = (type: string, value: object): void => {
    events.push({ type, ...value });
  };
  event("message_start", {
    message: {
      id: "msg_kit",
      type: "message",
      role: "assistant",
      model: "upstream-model-2025",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: script.inputTokens, output_tokens: 1 },
    },
  });
  blocks(script).forEach((block, index) => {
    const deltas = deltasOf(block);
    event("content_block_start", { index, content_block: emptied(block) });
    if (index === 0) event("ping", {});
    for (const delta of deltas) event("content_block_delta", { index, delta });
    event("content_block_stop", { index });
  });
  event("message_delta", {
    delta: { stop_reason: script.refusal === undefined ? STOP[script.finish] : "refusal", stop_sequence: null },
    usage: { input_tokens: script.inputTokens, output_tokens: script.outputTokens },
  });
  event("message_stop", {});
  return events.map((value) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`).join("");
}

type Block = Record<string, unknown> & { type: string };

function blocks(script: Script): Block[] {
  const out: Block[] = [];
  if (script.reasoning !== undefined) {
    out.push({ type: "thinking", thinking: script.reasoning, signature: script.signature ?? "c2lnbmVk" });
  }
  const text = script.text ?? script.refusal;
  if (text !== undefined) out.push({ type: "text", text });
  for (const call of script.toolCalls ?? []) {
    out.push({ type: "tool_use", id: call.id, name: call.name, input: JSON.parse(call.arguments) as unknown });
  }
  return out;
}

function emptied(block: Block): Block {
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} };
}

function deltasOf(block: Block): object[] {
  if (block.type === "thinking") {
    return [
      ...pieces(block.thinking as string).map((thinking) => ({ type: "thinking_delta", thinking })),
      { type: "signature_delta", signature: block.signature },
    ];
  }
  if (block.type === "text") return pieces(block.text as string).map((text) => ({ type: "text_delta", text }));
  return ["", ...pieces(JSON.stringify(block.input))].map((json) => ({ type: "input_json_delta", partial_json: json }));
}
