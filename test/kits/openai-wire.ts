import { pieces, type Script } from "./script.js";

const HEAD = { id: "chatcmpl-kit", created: 1_700_000_000, model: "upstream-model-2025" };

/** A whole answer as OpenAI's chat completions write it (https://platform.openai.com/docs/api-reference/chat/object). */
export function openAiAnswer(script: Script): unknown {
  return {
    id: HEAD.id,
    object: "chat.completion",
    created: HEAD.created,
    model: HEAD.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: script.text ?? null,
          refusal: script.refusal ?? null,
          ...(script.reasoning !== undefined && { reasoning_content: script.reasoning }),
          ...(script.toolCalls && {
            tool_calls: script.toolCalls.map((call) => ({
              id: call.id,
              type: "function",
              function: { name: call.name, arguments: call.arguments },
            })),
          }),
        },
        logprobs: null,
        finish_reason: script.finish,
      },
    ],
    usage: usage(script),
    system_fingerprint: "fp_kit",
  };
}

/** The same answer as a stream (https://platform.openai.com/docs/api-reference/chat/streaming). */
export function openAiStream(script: Script): string {
  const events: unknown[] = [];
  const delta = (value: object, finish: string | null = null): void => {
    events.push({
      ...HEAD,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: value, logprobs: null, finish_reason: finish }],
      usage: null,
    });
  };
  delta({ role: "assistant", content: "", refusal: null });
  for (const piece of pieces(script.reasoning ?? "")) delta({ reasoning_content: piece });
  for (const piece of pieces(script.text ?? "")) delta({ content: piece });
  for (const piece of pieces(script.refusal ?? "")) delta({ refusal: piece });
  script.toolCalls?.forEach((call, index) => {
    delta({ tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] });
    for (const piece of pieces(call.arguments)) delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  });
  delta({}, script.finish);
  events.push({ ...HEAD, object: "chat.completion.chunk", choices: [], usage: usage(script) });
  return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
}

function usage(script: Script): unknown {
  return {
    prompt_tokens: script.inputTokens,
    completion_tokens: script.outputTokens,
    total_tokens: script.inputTokens + script.outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}
