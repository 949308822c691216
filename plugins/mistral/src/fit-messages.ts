import { create, type Losses, type Message, MessageSchema, type Part, PartSchema, Role } from "@parlance/sdk";
import { nineSigns } from "./nine-signs.js";

/**
 * Messages as Mistral takes them. It refuses ids of calls that are not nine signs long, more than one system message,
 * a word of the user right after a tool's answer, and an answer to go on with that is not marked as one
 * (https://docs.mistral.ai/capabilities/function_calling/, https://docs.mistral.ai/api/).
 */
export function fitMessages(messages: readonly Message[], losses: Losses): Message[] {
  return markPrefix(answerTools(joinSystem(messages.map(withNineSigns), losses), losses));
}

function withNineSigns(message: Message): Message {
  if (!message.parts.some(({ kind }) => kind.case === "toolCall" || kind.case === "toolResult")) return message;
  return { ...message, parts: message.parts.map(partWithNineSigns) };
}

function partWithNineSigns(part: Part): Part {
  const { kind } = part;
  if (kind.case === "toolCall") {
    return { ...part, kind: { case: "toolCall", value: { ...kind.value, id: nineSigns(kind.value.id) } } };
  }
  if (kind.case === "toolResult") {
    const toolCallId = nineSigns(kind.value.toolCallId);
    return { ...part, kind: { case: "toolResult", value: { ...kind.value, toolCallId } } };
  }
  return part;
}

/** All instructions in one message, where the first of them stood. */
function joinSystem(messages: readonly Message[], losses: Losses): Message[] {
  const [first, ...others] = messages.filter(isSystem);
  if (first === undefined || others.length === 0) return [...messages];
  const early = messages.slice(0, others.length + 1).every(isSystem);
  if (!early) {
    losses.approximate("messages", "The target takes one system message: all instructions stand in the first one.");
  }
  const parts = [first, ...others].flatMap((message) => message.parts);
  const joined: Message = { ...first, parts: parts.every(isText) ? [joinTexts(parts)] : parts };
  return messages.flatMap((message) => (message === first ? [joined] : isSystem(message) ? [] : [message]));
}

function isSystem({ role }: Message): boolean {
  return role === Role.SYSTEM || role === Role.DEVELOPER;
}

function isText({ kind }: Part): boolean {
  return kind.case === "text";
}

function joinTexts(parts: readonly Part[]): Part {
  const text = parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("\n\n");
  return create(PartSchema, { kind: { case: "text", value: { text } } });
}

/** After a tool's answer it is the assistant's turn: where the conversation has none, one is put there. */
function answerTools(messages: readonly Message[], losses: Losses): Message[] {
  return messages.flatMap((message, index) => {
    const next = messages[index + 1];
    const turns = splitTurn(message);
    const after = turns.length > 1 || (isToolAnswer(message) && next?.role === Role.USER && !isToolAnswer(next));
    if (!after) return [message];
    losses.approximate(
      `messages[${index}]`,
      "The target wants its own turn after a tool's answer: a short one is put there.",
    );
    const [answers, ...rest] = turns as [Message, ...Message[]];
    return [answers, acknowledgement(), ...rest];
  });
}

function isToolAnswer({ parts }: Message): boolean {
  return parts.some(({ kind }) => kind.case === "toolResult");
}

/** A message with tools' answers and words of the user is two turns. */
function splitTurn(message: Message): Message[] {
  const answers = message.parts.filter(({ kind }) => kind.case === "toolResult");
  if (answers.length === 0 || answers.length === message.parts.length) return [message];
  const words = message.parts.filter(({ kind }) => kind.case !== "toolResult");
  return [
    { ...message, parts: answers },
    { ...message, parts: words },
  ];
}

function acknowledgement(): Message {
  const parts = [{ kind: { case: "text", value: { text: "Understood." } } } as const];
  return create(MessageSchema, { role: Role.ASSISTANT, parts });
}

/** A last message of the assistant is gone on with only where it says so. */
function markPrefix(messages: Message[]): Message[] {
  const last = messages.at(-1);
  if (last?.role !== Role.ASSISTANT) return messages;
  const own = last.extensions?.["openai-chat"];
  const extensions = { ...last.extensions, "openai-chat": { ...(own as object | undefined), prefix: true } };
  return [...messages.slice(0, -1), { ...last, extensions }];
}
