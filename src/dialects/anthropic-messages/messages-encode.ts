import {
  type ChatRequest,
  invalid,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Message,
  type ModelTraits,
  type Part,
  Role,
} from "../../sdk/index.js";
import { formOf, restore, tellForeign, tellOwn } from "./own.js";
import { encodeContent, encodePart } from "./part-encode.js";
import { DIALECT } from "./wire.js";

/** A turn while it is put together. */
interface Turn {
  readonly role: "user" | "assistant" | "system";
  /** Answers of tools, which the wire wants before everything else of a turn. */
  readonly results: JsonObject[];
  readonly blocks: JsonObject[];
  /** Content that is not a list of blocks. */
  plain: JsonValue | undefined;
  /** Whether a user's message that follows belongs to it, since it answers tools. */
  answersTools: boolean;
  /** The message whose fields it has. */
  readonly message: Message | undefined;
}

/** The conversation as `system` and `messages`. */
export interface Conversation {
  readonly system: JsonValue | undefined;
  readonly messages: JsonObject[];
}

/**
 * The conversation on the wire: what the application says first becomes `system`, in order and in blocks, so that its
 * breakpoints stay; results of tools that follow each other become one user's turn, results first, together with the
 * user's words after them.
 */
export function encodeConversation(
  request: ChatRequest,
  own: boolean,
  traits: ModelTraits,
  losses: Losses,
): Conversation {
  const { messages } = request;
  let leading = 0;
  while (
    leading < messages.length &&
    isSystem(messages[leading] as Message) &&
    formOf(messages[leading]).inline !== true
  ) {
    leading += 1;
  }
  const system = encodeSystem(messages.slice(0, leading), losses);
  const turns: Turn[] = [];
  for (const [index, message] of ordered(messages, leading)) {
    const path = `messages[${index}]`;
    tellForeign(message, path, losses);
    if (message.name !== undefined) losses.drop(`${path}.name`, "The target knows no names of speakers.");
    if (isSystem(message)) addSystem(turns, message, path, own, traits, losses);
    else if (message.role === Role.TOOL) addResults(turns, message, path, losses);
    else if (message.role === Role.USER) addUser(turns, message, path, own, losses);
    else if (message.role === Role.ASSISTANT) addTurn(turns, "assistant", message, path, losses);
    else throw invalid(`${path}.role`, `${path}.role is required.`);
  }
  if (!own) checkEnd(turns, messages.length - 1, traits, losses);
  return { system, messages: turns.map(writeTurn) };
}

function isSystem({ role }: Message): boolean {
  return role === Role.SYSTEM || role === Role.DEVELOPER;
}

function encodeSystem(messages: readonly Message[], losses: Losses): JsonValue | undefined {
  messages.forEach((message, index) => {
    tellForeign(message, `messages[${index}]`, losses);
    tellOwn(message, `messages[${index}]`, losses);
    if (message.name !== undefined) losses.drop(`messages[${index}].name`, "The target knows no names of speakers.");
  });
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) {
    const content = encodeContent(only.parts, formOf(only).content, "messages[0].parts", losses);
    return Array.isArray(content) && content.length === 0 ? undefined : content;
  }
  const blocks = messages.flatMap((message, index) => encodeParts(message.parts, `messages[${index}].parts`, losses));
  return blocks.length === 0 ? undefined : blocks;
}

function encodeParts(parts: readonly Part[], path: string, losses: Losses): JsonObject[] {
  return parts.flatMap<JsonObject>((part, index) => encodePart(part, `${path}[${index}]`, losses) ?? []);
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
      if (!isSystem(message) && held.length > 0) {
        out.push(...held);
        held = [];
      }
      waiting = message.role === Role.ASSISTANT && message.parts.some((part) => part.kind.case === "toolCall");
    }
    out.push(entry);
  });
  return [...out, ...held];
}

function addTurn(turns: Turn[], role: Turn["role"], message: Message, path: string, losses: Losses): void {
  const form = formOf(message);
  const content = encodeContent(message.parts, form.content, `${path}.parts`, losses);
  // A message in which nothing is said would be refused; one that said nothing when it came in stays as it was.
  if (Array.isArray(content) && content.length === 0 && message.extensions?.[DIALECT] === undefined) {
    if (message.parts.length === 0) losses.drop(path, "The target takes no empty messages.");
    return;
  }
  const blocks = Array.isArray(content) ? (content as JsonObject[]) : [];
  turns.push({
    role,
    results: [],
    blocks,
    plain: Array.isArray(content) ? undefined : content,
    answersTools: false,
    message,
  });
}

/**
 * Words of the application in the middle of the conversation keep their place: as a message of their own where the
 * model takes one, or else as the user's, since moved to the front they would change what came before them.
 */
function addSystem(
  turns: Turn[],
  message: Message,
  path: string,
  own: boolean,
  traits: ModelTraits,
  losses: Losses,
): void {
  if (traits.systemInConversation !== false) {
    addTurn(turns, "system", message, path, losses);
    return;
  }
  losses.approximate(
    `${path}.role`,
    "The target's model takes no system message in a conversation: sent as the user's.",
  );
  addUser(turns, message, path, own, losses);
}

function addUser(turns: Turn[], message: Message, path: string, own: boolean, losses: Losses): void {
  const last = turns[turns.length - 1];
  if (last?.role === "user" && last.answersTools && !own) {
    tellOwn(message, path, losses);
    addBlocks(last, message.parts, path, losses);
    return;
  }
  if (own || !message.parts.some((part) => part.kind.case === "toolResult")) {
    addTurn(turns, "user", message, path, losses);
    return;
  }
  const turn = emptyTurn(message);
  turns.push(turn);
  addBlocks(turn, message.parts, path, losses);
}

function addResults(turns: Turn[], message: Message, path: string, losses: Losses): void {
  tellOwn(message, path, losses);
  let turn = turns[turns.length - 1];
  if (turn?.role !== "user") {
    turn = emptyTurn(undefined);
    turns.push(turn);
  } else if (typeof turn.plain === "string") {
    turn.blocks.push({ type: "text", text: turn.plain });
    turn.plain = undefined;
  }
  addBlocks(turn, message.parts, path, losses);
}

function emptyTurn(message: Message | undefined): Turn {
  return { role: "user", results: [], blocks: [], plain: undefined, answersTools: true, message };
}

function addBlocks(turn: Turn, parts: readonly Part[], path: string, losses: Losses): void {
  turn.answersTools = true;
  parts.forEach((part, index) => {
    const at = `${path}.parts[${index}]`;
    const block = encodePart(part, at, losses);
    if (block === undefined) return;
    if (block.type !== "tool_result") turn.blocks.push(block);
    else if (turn.results.some((result) => result.tool_use_id === block.tool_use_id)) {
      losses.drop(at, "The target takes one result for each call: the first is sent.");
    } else turn.results.push(block);
  });
}

/** What the wire asks of a last message of the assistant, which it continues. */
function checkEnd(turns: readonly Turn[], index: number, traits: ModelTraits, losses: Losses): void {
  const last = turns[turns.length - 1];
  if (last?.role !== "assistant" || last.message === undefined) return;
  if (!last.message.parts.every((part) => part.kind.case === "text")) return;
  const path = `messages[${index}]`;
  if (traits.prefill === false) {
    throw invalid(
      path,
      `${path} is the assistant's, but the target's model does not continue a message: end with the user's.`,
    );
  }
  const text = typeof last.plain === "string" ? last.plain : last.blocks[last.blocks.length - 1]?.text;
  if (typeof text !== "string" || text === text.trimEnd()) return;
  losses.approximate(`${path}.parts`, "The target continues no text that ends with white space: it is cut.");
  if (typeof last.plain === "string") last.plain = text.trimEnd();
  else (last.blocks[last.blocks.length - 1] as JsonObject).text = text.trimEnd();
}

function writeTurn(turn: Turn): JsonObject {
  const out: JsonObject = { role: turn.role, content: turn.plain ?? [...turn.results, ...turn.blocks] };
  if (turn.plain === undefined && formOf(turn.message).content === null) out.content = null;
  return turn.message === undefined ? out : restore(out, turn.message);
}
