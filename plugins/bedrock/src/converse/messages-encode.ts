import {
  type ChatRequest,
  invalid,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Message,
  type ModelTraits,
  Role,
} from "@parlance/sdk";
import { encodePart, type PartContext } from "./part-encode.js";
import { restore, tellForeign, tellOwn } from "./own.js";
import { FILLER } from "./wire.js";

/** A turn while it is put together. */
interface Turn {
  readonly role: "user" | "assistant" | "system";
  /** Answers of tools, which the wire wants before everything else of a turn. */
  readonly results: JsonObject[];
  readonly blocks: JsonObject[];
  /** The path of its first message. */
  readonly path: string;
  /** Fields of the dialect that its messages have. */
  fields: JsonObject;
}

/** The conversation as `system` and `messages`. */
export interface Conversation {
  readonly system: JsonObject[];
  readonly messages: JsonObject[];
  /** Names of the tools that the conversation calls or answers for, in order. */
  readonly toolsUsed: readonly string[];
}

/**
 * The conversation on the wire, where the user begins, roles alternate and no text is blank: what the application says
 * first becomes `system`; messages of one role that follow each other become one turn, results of tools first.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
 */
export function encodeConversation(request: ChatRequest, traits: ModelTraits, context: PartContext): Conversation {
  const { messages } = request;
  const { losses } = context;
  let leading = 0;
  while (leading < messages.length && isSystem(messages[leading] as Message)) leading += 1;
  const system = messages.slice(0, leading).flatMap((message, index) => {
    const path = `messages[${index}]`;
    tellMessage(message, path, losses);
    tellOwn(message, path, losses);
    return message.parts.flatMap((part, at) => encodePart(part, `${path}.parts[${at}]`, context));
  });
  const turns: Turn[] = [];
  for (const [index, message] of ordered(messages, leading)) {
    addMessage(turns, message, `messages[${index}]`, traits, context);
  }
  begin(turns, losses);
  checkEnd(turns, traits, losses);
  for (const turn of turns) besideDocument(turn, losses);
  if (turns.length === 0) throw invalid("messages", "messages must hold something that the target can be told.");
  return { system, messages: turns.map(writeTurn), toolsUsed: toolsUsed(messages) };
}

function isSystem({ role }: Message): boolean {
  return role === Role.SYSTEM || role === Role.DEVELOPER;
}

function tellMessage(message: Message, path: string, losses: Losses): void {
  tellForeign(message, path, losses);
  if (message.name !== undefined) losses.drop(`${path}.name`, "The target knows no names of speakers.");
}

/** The messages after the leading ones, with those of the application moved behind the results of tools: nothing may come between a call and its result. */
function ordered(messages: readonly Message[], from: number): [number, Message][] {
  const out: [number, Message][] = [];
  let held: [number, Message][] = [];
  let waiting = false;
  messages.slice(from).forEach((message, offset) => {
    const entry: [number, Message] = [from + offset, message];
    if (waiting && isSystem(message)) {
      held.push(entry);
      return;
    }
    if (message.role !== Role.TOOL) {
      if (!isSystem(message)) {
        out.push(...held);
        held = [];
      }
      waiting = message.role === Role.ASSISTANT && message.parts.some((part) => part.kind.case === "toolCall");
    }
    out.push(entry);
  });
  return [...out, ...held];
}

function addMessage(turns: Turn[], message: Message, path: string, traits: ModelTraits, context: PartContext): void {
  const { losses } = context;
  tellMessage(message, path, losses);
  const role = roleOf(message, path, traits, losses);
  const blocks = message.parts.flatMap((part, at) => encodePart(part, `${path}.parts[${at}]`, context));
  if (blocks.length === 0) {
    // What was said and cannot be is told already.
    if (message.parts.length === 0) losses.drop(path, "The target takes no empty messages.");
    tellOwn(message, path, losses);
    return;
  }
  let turn = turns.at(-1);
  if (turn?.role !== role) {
    turn = { role, results: [], blocks: [], path, fields: {} };
    turns.push(turn);
  }
  turn.fields = restore(turn.fields, message);
  for (const block of blocks) addBlock(turn, block, path, losses);
}

function addBlock(turn: Turn, block: JsonObject, path: string, losses: Losses): void {
  // A result that the provider's own tool gave stays where it was, in the assistant's turn.
  if (turn.role !== "user" || block.toolResult === undefined) {
    // The end of a cache stays behind the result that it follows.
    const last = turn.blocks.length === 0 && turn.results.length > 0 && block.cachePoint !== undefined;
    (last ? turn.results : turn.blocks).push(block);
    return;
  }
  const id = idOf(block);
  if (turn.results.some((result) => idOf(result) === id)) {
    losses.drop(path, `The target takes one result for each call: the first for "${String(id)}" is sent.`);
  } else turn.results.push(block);
}

function idOf({ toolResult }: JsonObject): JsonValue | undefined {
  return (toolResult as JsonObject | undefined)?.toolUseId;
}

function roleOf(message: Message, path: string, traits: ModelTraits, losses: Losses): Turn["role"] {
  if (message.role === Role.ASSISTANT) return "assistant";
  if (message.role === Role.USER || message.role === Role.TOOL) return "user";
  if (!isSystem(message)) throw invalid(`${path}.role`, `${path}.role is required.`);
  if (traits.systemInConversation === true) return "system";
  losses.approximate(
    `${path}.role`,
    "The target's model takes no system message in a conversation: sent as the user's.",
  );
  return "user";
}

/** "A conversation must start with a user message." */
function begin(turns: Turn[], losses: Losses): void {
  const [first] = turns;
  if (first === undefined || first.role === "user") return;
  losses.approximate(
    `${first.path}.role`,
    `The target wants the user to begin: a turn of "${FILLER}" is put before it.`,
  );
  turns.unshift({ role: "user", results: [], blocks: [{ text: FILLER }], path: first.path, fields: {} });
}

/** What the wire asks of a last message of the assistant, which it continues. */
function checkEnd(turns: readonly Turn[], traits: ModelTraits, losses: Losses): void {
  const last = turns.at(-1);
  const block = last?.blocks.at(-1);
  if (last?.role !== "assistant" || typeof block?.text !== "string") return;
  const { path } = last;
  if (traits.prefill === false) {
    throw invalid(
      path,
      `${path} is the assistant's, but the target's model does not continue a message: end with the user's.`,
    );
  }
  const text = block.text.trimEnd();
  if (text === block.text) return;
  losses.approximate(`${path}.parts`, "The target continues no text that ends with white space: it is cut.");
  block.text = text;
}

/** "A text block must be included when a document is": what is asked of it may stand in another turn. */
function besideDocument(turn: Turn, losses: Losses): void {
  if (!turn.blocks.some(({ document }) => document !== undefined)) return;
  if (turn.blocks.some(({ text }) => text !== undefined)) return;
  losses.approximate(`${turn.path}.parts`, `The target wants a text beside a document: "${FILLER}" is put beside it.`);
  turn.blocks.push({ text: FILLER });
}

function writeTurn(turn: Turn): JsonObject {
  return { ...turn.fields, role: turn.role, content: [...turn.results, ...turn.blocks] };
}

function toolsUsed(messages: readonly Message[]): string[] {
  const names = new Set<string>();
  let results = false;
  for (const { parts } of messages) {
    for (const { kind } of parts) {
      if (kind.case === "toolCall") names.add(kind.value.name);
      else if (kind.case === "toolResult") {
        results = true;
        if (kind.value.name !== undefined && kind.value.name !== "") names.add(kind.value.name);
      }
    }
  }
  // A result whose call is lost names no tool, and still wants one declared.
  if (names.size === 0 && results) names.add("unknown");
  return [...names];
}
