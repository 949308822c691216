import {
  invalid,
  type JsonObject,
  type Losses,
  type Message,
  type ModelTraits,
  ownFields,
  type Part,
  Role,
  tellForeignFields,
  tellHomelessFields,
} from "@parlance/sdk";
import { encodeAssistant } from "./assistant-encode.js";
import { encodePieces, type Placed, tellPart } from "./parts-encode.js";
import { encodeResult } from "./result-encode.js";
import { DIALECT } from "./wire.js";

/** The conversation on the wire: https://docs.cohere.com/v2/docs/chat-api */
export interface Conversation {
  readonly messages: JsonObject[];
  /** Documents that the wire has beside the conversation. */
  readonly documents: JsonObject[];
}

/** The conversation. Results of tools are messages of their own, and documents leave it. */
export function encodeMessages(messages: readonly Message[], traits: ModelTraits, losses: Losses): Conversation {
  const documents: JsonObject[] = [];
  const out = messages.flatMap((message, index) =>
    encodeMessage(message, `messages[${index}]`, traits, documents, losses),
  );
  if (out.length === 0) throw invalid("messages", "messages hold nothing that the target could answer.");
  return { messages: out, documents };
}

const ROLES: Readonly<Partial<Record<Role, string>>> = {
  [Role.SYSTEM]: "system",
  [Role.DEVELOPER]: "system",
  [Role.USER]: "user",
  [Role.ASSISTANT]: "assistant",
  [Role.TOOL]: "user",
};

function encodeMessage(
  message: Message,
  path: string,
  traits: ModelTraits,
  documents: JsonObject[],
  losses: Losses,
): JsonObject[] {
  const role = ROLES[message.role];
  if (role === undefined) throw invalid(`${path}.role`, `${path}.role is required.`);
  tellForeignFields(message, path, DIALECT, losses);
  if (message.name !== undefined) losses.drop(`${path}.name`, "The target knows no names of speakers.");
  const results: JsonObject[] = [];
  const spoken: Placed[] = [];
  message.parts.forEach((part: Part, at) => {
    const place = `${path}.parts[${at}]`;
    tellPart(part, place, losses);
    if (part.kind.case === "toolResult") results.push(encodeResult(part.kind.value, `${place}.tool_result`, losses));
    else spoken.push([part, place]);
  });
  const said = role === "assistant" ? encodeAssistant(spoken, traits, losses) : speak(role, spoken, documents, losses);
  if (said === undefined) {
    tellHomelessFields(message, path, DIALECT, losses);
    return results;
  }
  return [...results, { ...ownFields(message, DIALECT), ...said }];
}

function speak(
  role: string,
  parts: readonly Placed[],
  documents: JsonObject[],
  losses: Losses,
): JsonObject | undefined {
  const pieces = encodePieces(parts, documents, losses);
  if (pieces.length === 0) return undefined;
  const [only] = pieces;
  return { role, content: pieces.length === 1 && only?.type === "text" ? (only.text ?? "") : pieces };
}
