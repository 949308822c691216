import { type ChatRequest, invalid, type Part, Role } from "../../sdk/index.js";

/**
 * Refuses a chat request of the RPC doors that no dialect could say, naming the field in the words of the proto.
 * REST requests are checked by their dialect, in its own words.
 */
export function checkChat(chat: ChatRequest): void {
  if (chat.model === "") throw invalid("chat.model", "chat.model is required: the name of a model.");
  if (chat.messages.length === 0) throw invalid("chat.messages", "chat.messages needs at least one message.");
  chat.messages.forEach((message, index) => {
    const path = `chat.messages[${index}]`;
    if (message.role === Role.UNSPECIFIED) throw invalid(`${path}.role`, `${path}.role is required.`);
    message.parts.forEach((part, at) => {
      checkPart(part, message.role, `${path}.parts[${at}]`);
    });
  });
  chat.tools.forEach((tool, index) => {
    const path = `chat.tools[${index}]`;
    if (tool.kind.case === undefined) throw invalid(path, `${path} needs a kind of tool.`);
    if (tool.kind.case !== "opaque" && tool.kind.value.name === "")
      throw invalid(`${path}.name`, `${path}.name is required.`);
  });
  within("chat.temperature", chat.temperature, 0, 2);
  within("chat.top_p", chat.topP, 0, 1);
  within("chat.frequency_penalty", chat.frequencyPenalty, -2, 2);
  within("chat.presence_penalty", chat.presencePenalty, -2, 2);
  within("chat.top_logprobs", chat.topLogprobs, 0, 20);
  within("chat.n", chat.n, 1, 128);
  within("chat.max_output_tokens", chat.maxOutputTokens, 0, Number.MAX_SAFE_INTEGER);
}

function checkPart(part: Part, role: Role, path: string): void {
  const { kind } = part;
  if (kind.case === undefined) throw invalid(path, `${path} needs a kind: text, image, tool_call or another.`);
  if (role === Role.TOOL && kind.case !== "toolResult") {
    throw invalid(path, `${path} must be a tool_result: a message of the role tool holds nothing else.`);
  }
  if (kind.case === "toolResult" && kind.value.toolCallId === "") {
    throw invalid(`${path}.tool_result.tool_call_id`, `${path}.tool_result.tool_call_id is required.`);
  }
  if (kind.case === "toolCall" && kind.value.name === "") {
    throw invalid(`${path}.tool_call.name`, `${path}.tool_call.name is required.`);
  }
  if (
    (kind.case === "image" || kind.case === "file" || kind.case === "audio") &&
    kind.value.source.case === undefined
  ) {
    throw invalid(`${path}.${kind.case}.source`, `${path}.${kind.case} needs a source.`);
  }
}

function within(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw invalid(field, `${field} must be from ${least} to ${most}.`);
}
