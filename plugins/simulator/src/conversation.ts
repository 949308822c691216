import { type ChatRequest, type Message, type Part, Role } from "@parlance/sdk";

/** The words of the last message of the user that has any; empty when there is none. */
export function lastUserText(request: ChatRequest): string {
  for (let index = request.messages.length - 1; index >= 0; index -= 1) {
    const message = request.messages[index] as Message;
    const text = message.role === Role.USER ? textOf(message.parts) : "";
    if (text !== "") return text;
  }
  return "";
}

/** The text parts, one after the other. */
export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind.case === "text" ? part.kind.value.text : "")).join("");
}

/** A tool's answer that the model has not yet spoken to. */
export interface FreshResult {
  readonly name: string;
  readonly text: string;
  readonly failed: boolean;
}

/** The results of tools since the model last spoke. */
export function freshResults(request: ChatRequest): FreshResult[] {
  const names = new Map<string, string>();
  let fresh: FreshResult[] = [];
  for (const message of request.messages) {
    if (message.role === Role.ASSISTANT) fresh = [];
    for (const { kind } of message.parts) {
      if (kind.case === "toolCall") names.set(kind.value.id, kind.value.name);
      if (kind.case === "toolResult") {
        const { toolCallId, name, content, isError } = kind.value;
        fresh.push({
          name: name ?? names.get(toolCallId) ?? toolCallId,
          text: textOf(content),
          failed: isError === true,
        });
      }
    }
  }
  return fresh;
}
