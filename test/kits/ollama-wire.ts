import { pieces, type Script } from "./script.js";

/** A whole answer as Ollama's own chat writes it (https://docs.ollama.com/api/chat). */
export function ollamaAnswer(script: Script): Record<string, unknown> {
  return {
    model: MODEL,
    created_at: "2026-01-02T03:04:05.678901Z",
    message: {
      role: "assistant",
      content: textOf(script),
      ...(script.reasoning !== undefined && { thinking: script.reasoning }),
      ...(script.toolCalls && { tool_calls: script.toolCalls.map(call) }),
    },
    ...ending(script),
  };
}

/** The lines of the same answer as a stream (https://docs.ollama.com/api/streaming). Calls come whole. */
export function ollamaLines(script: Script): Record<string, unknown>[] {
  const messages = [
    ...pieces(script.reasoning ?? "").map((thinking) => ({ content: "", thinking })),
    ...pieces(textOf(script)).map((content) => ({ content })),
    ...(script.toolCalls ?? []).map((one, index) => ({ content: "", tool_calls: [call(one, index)] })),
  ];
  return [
    ...messages.map((message, at) => ({ ...line(message, at), done: false })),
    { ...line({ content: "" }, messages.length), ...ending(script) },
  ];
}

/** That stream as it is written. */
export function ollamaStream(script: Script): string {
  return ollamaLines(script)
    .map((one) => `${JSON.stringify(one)}\n`)
    .join("");
}

const MODEL = "upstream-model";

function line(message: object, at: number): Record<string, unknown> {
  const created = `2026-01-02T03:04:05.${String(100 + at)}Z`;
  return { model: MODEL, created_at: created, message: { role: "assistant", ...message } };
}

function textOf({ text, refusal }: Script): string {
  return text ?? refusal ?? "";
}

function call({ id, name, arguments: args }: NonNullable<Script["toolCalls"]>[number], index: number): unknown {
  return { id, function: { index, name, arguments: JSON.parse(args) as unknown } };
}

/** Calls are told as any other stop. */
function ending({ finish, inputTokens, outputTokens }: Script): Record<string, unknown> {
  return {
    done: true,
    done_reason: finish === "length" ? "length" : "stop",
    total_duration: 142_639_084,
    load_duration: 44_742_834,
    prompt_eval_count: inputTokens,
    prompt_eval_duration: 38_787_583,
    eval_count: outputTokens,
    eval_duration: 58_775_042,
  };
}
