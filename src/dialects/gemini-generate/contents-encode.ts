import {
  type ChatRequest,
  invalid,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Message,
  type ModelTraits,
  Role,
} from "../../sdk/index.js";
import { formOf, restore, tellForeign, tellOwn } from "./own.js";
import { encodeParts, type PartContext, type Placed } from "./part-encode.js";
import { cutTurn } from "./turns.js";
import { FOREIGN_SIGNATURE } from "./wire.js";

/** The conversation as `systemInstruction` and `contents`. */
export interface Conversation {
  readonly system: JsonValue | undefined;
  readonly contents: JsonObject[];
}

/** A turn while it is put together. */
interface Turn {
  readonly role: "user" | "model";
  /** Results of tools, which the wire wants before everything else of a turn. */
  readonly results: Placed[];
  readonly others: Placed[];
}

/**
 * The conversation on the wire. What came in this dialect keeps its contents one by one; of anything else, neighbours of
 * one role become one content, and results of calls come first in theirs, in the order of the calls.
 */
export function encodeConversation(
  request: ChatRequest,
  own: boolean,
  traits: ModelTraits,
  losses: Losses,
): Conversation {
  const { messages } = request;
  const context: PartContext = { names: callNames(messages), losses, answer: false };
  let leading = 0;
  while (leading < messages.length && isSystem(messages[leading] as Message)) leading += 1;
  messages.forEach((message, index) => {
    tellForeign(message, `messages[${index}]`, losses);
    if (!own) tellOwn(message, `messages[${index}]`, losses);
    if (message.name !== undefined) losses.drop(`messages[${index}].name`, "The target knows no names of speakers.");
    if (message.role === Role.UNSPECIFIED) {
      throw invalid(`messages[${index}].role`, `messages[${index}].role is required.`);
    }
  });
  const system = encodeSystem(messages.slice(0, leading), context);
  if (own) {
    const contents = messages
      .slice(leading)
      .flatMap((message, offset) => encodeContents(message, leading + offset, context));
    return { system, contents };
  }
  const turns = turnsOf(messages, leading, losses);
  const contents = turns.flatMap((turn, index) => writeTurn(turn, turns[index - 1], traits, context));
  if (contents.length > 0) return { system, contents };
  if (system === undefined) throw invalid("messages", "messages hold nothing that the target could answer.");
  for (let index = 0; index < leading; index += 1) {
    losses.approximate(
      `messages[${index}].role`,
      "The target asks for a conversation: the instructions are sent as the user's.",
    );
  }
  return { system: undefined, contents: [{ role: "user", parts: (system as JsonObject).parts as JsonValue }] };
}

function isSystem({ role }: Message): boolean {
  return role === Role.SYSTEM || role === Role.DEVELOPER;
}

/** The names of the tools that are called, by the ids of the calls: results must name them. */
function callNames(messages: readonly Message[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { parts } of messages) {
    for (const { kind } of parts) if (kind.case === "toolCall") names.set(kind.value.id, kind.value.name);
  }
  return names;
}

function placed(message: Message, index: number): Placed[] {
  return message.parts.map((part, at) => [part, `messages[${index}].parts[${at}]`] as const);
}

function encodeSystem(messages: readonly Message[], context: PartContext): JsonValue | undefined {
  const [only] = messages;
  const parts = encodeParts(
    messages.flatMap((message, index) => placed(message, index)),
    context,
  );
  if (messages.length !== 1 || only === undefined) return parts.length === 0 ? undefined : { parts };
  if (formOf(only).words === true && parts.length === 1) return (parts[0] as JsonObject).text;
  if (parts.length === 0 && only.extensions === undefined) return undefined;
  return restore({ parts }, only);
}

function encodeContents(message: Message, index: number, context: PartContext): JsonObject[] {
  const role = message.role === Role.ASSISTANT ? "model" : "user";
  return cutTurn(message).map((parts) =>
    restore({ role, parts: encodeParts(placed({ ...message, parts }, index), context) }, message),
  );
}

function turnsOf(messages: readonly Message[], from: number, losses: Losses): Turn[] {
  const turns: Turn[] = [];
  // Nothing may come between calls and their results: words of the application wait.
  let held: Placed[] = [];
  const turnOf = (role: Turn["role"]): Turn => {
    const last = turns[turns.length - 1];
    if (last?.role === role) return last;
    const turn: Turn = { role, results: [], others: [] };
    turns.push(turn);
    return turn;
  };
  messages.slice(from).forEach((message, offset) => {
    const index = from + offset;
    if (isSystem(message)) {
      losses.approximate(
        `messages[${index}].role`,
        "The target takes instructions before the conversation only: sent as the user's, in their place.",
      );
      held.push(...placed(message, index));
      return;
    }
    const role = message.role === Role.ASSISTANT ? "model" : "user";
    if (role === "model" && held.length > 0) {
      turnOf("user").others.push(...held);
      held = [];
    }
    const turn = turnOf(role);
    const parts = placed(message, index);
    turn.results.push(...parts.filter(([part]) => part.kind.case === "toolResult"));
    turn.others.push(...held, ...parts.filter(([part]) => part.kind.case !== "toolResult"));
    held = [];
  });
  if (held.length > 0) turnOf("user").others.push(...held);
  return turns;
}

function writeTurn(turn: Turn, before: Turn | undefined, traits: ModelTraits, context: PartContext): JsonObject[] {
  const results = inOrder(turn.results, before, context.losses);
  const parts = encodeParts([...results, ...turn.others], context);
  if (turn.role === "model") signFirstCall(parts, traits);
  return parts.length === 0 ? [] : [{ role: turn.role, parts }];
}

/** The results in the order of the calls before them, one for each. */
function inOrder(results: readonly Placed[], before: Turn | undefined, losses: Losses): Placed[] {
  if (results.length < 2) return [...results];
  const order = new Map<string, number>();
  before?.others.forEach(([{ kind }]) => {
    if (kind.case === "toolCall") order.set(kind.value.id, order.size);
  });
  const seen = new Set<string>();
  const once = results.filter(([{ kind }, path]) => {
    if (kind.case !== "toolResult") return true;
    const twice = seen.has(kind.value.toolCallId);
    seen.add(kind.value.toolCallId);
    if (twice) losses.drop(path, "The target takes one result for each call: the first is sent.");
    return !twice;
  });
  const place = ([{ kind }]: Placed): number =>
    kind.case === "toolResult" ? (order.get(kind.value.toolCallId) ?? order.size) : order.size;
  return once.sort((a, b) => place(a) - place(b));
}

/**
 * Models that seal their thoughts refuse calls without a seal; for those of other models the wire has a word in its
 * place. Of calls side by side only the first is sealed. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function signFirstCall(parts: readonly JsonObject[], traits: ModelTraits): void {
  if (traits.reasoning === "none" || traits.reasoning === "budget") return;
  const first = parts.find((part) => part.functionCall !== undefined);
  if (first !== undefined) first.thoughtSignature ??= FOREIGN_SIGNATURE;
}
