import { type JsonValue, skim, splice, type TargetDialect } from "@parlance/sdk";
import { openaiChat } from "@parlance/sdk/dialects";
import { fitMessages } from "./fit-messages.js";

/**
 * Mistral's chat completions: https://docs.mistral.ai/api/ (chat completion). `safePrompt`: what the member `safe_prompt`
 * says in requests that leave it out.
 */
export function chatDialect(safePrompt: JsonValue | undefined): TargetDialect {
  return {
    name: "mistral-chat",
    encodeRequest(request, target) {
      const messages = fitMessages(request.messages, target.losses);
      return inItsWords(openaiChat.encodeRequest({ ...request, messages }, target), safePrompt);
    },
    decodeResponse: openaiChat.decodeResponse,
    streamDecoder: openaiChat.streamDecoder,
    decodeError: openaiChat.decodeError,
  };
}

/** A tool must be called: the word for it is `any`. */
function inItsWords(text: string, safePrompt: JsonValue | undefined): string {
  const body = Buffer.from(text);
  const members = skim(body);
  const edits = [];
  const choice = members.byName.get("tool_choice");
  if (choice !== undefined && body.toString("utf8", choice.start, choice.end) === '"required"') {
    edits.push({ ...choice, text: '"any"' });
  }
  if (typeof safePrompt === "boolean" && !members.byName.has("safe_prompt")) {
    edits.push({ start: members.close, end: members.close, text: `,"safe_prompt":${safePrompt}` });
  }
  return edits.length === 0 ? text : splice(body, edits).toString("utf8");
}
