/** What chat completions, or pieces of their streams, say in OpenAI's dialect. */
export interface Said {
  content: string;
  reasoning: string;
  calls: string;
  finish: string[];
}

/** Puts together what whole answers or the pieces of one say. */
export function said(objects: readonly unknown[]): Said {
  const out: Said = { content: "", reasoning: "", calls: "", finish: [] };
  for (const object of objects) {
    for (const choice of (object as { choices?: Record<string, unknown>[] }).choices ?? []) {
      const message = (choice.delta ?? choice.message ?? {}) as Record<string, unknown>;
      addContent(message.content, out);
      const reasoning = message.reasoning_content ?? message.reasoning;
      if (typeof reasoning === "string") out.reasoning += reasoning;
      for (const call of (message.tool_calls ?? []) as { function?: { name?: string; arguments?: unknown } }[]) {
        out.calls += (call.function?.name ?? "") + (call.function?.arguments ?? "");
      }
      if (typeof choice.finish_reason === "string" && choice.finish_reason !== "")
        out.finish.push(choice.finish_reason);
    }
  }
  return out;
}

/** Content is a text, or pieces of which some think aloud. */
function addContent(content: unknown, out: Said): void {
  if (typeof content === "string") out.content += content;
  if (!Array.isArray(content)) return;
  for (const piece of content as { type?: string; text?: string; thinking?: unknown }[]) {
    if (piece.type === "text") out.content += piece.text ?? "";
    if (piece.type !== "thinking") continue;
    if (typeof piece.thinking === "string") out.reasoning += piece.thinking;
    else for (const part of (piece.thinking ?? []) as { text?: string }[]) out.reasoning += part.text ?? "";
  }
}
