import {
  invalid,
  type JsonObject,
  type Losses,
  type Message,
  ownFields,
  type Part,
  Role,
  tellForeignFields,
  tellHomelessFields,
  type ToolResultPart,
} from "@parlance/sdk";
import { encodeImage } from "./images.js";
import { encodeCall, type PartContext, tellPart, textOfPart } from "./parts-encode.js";
import { DIALECT, MADE_ID } from "./wire.js";

/** The conversation on the wire: https://docs.ollama.com/api/chat. Results of tools are messages of their own. */
export function encodeMessages(messages: readonly Message[], losses: Losses): JsonObject[] {
  const names = callNames(messages);
  const out = messages.flatMap((message, index) => encodeMessage(message, `messages[${index}]`, names, losses));
  // Without any the server would load the model and answer nothing.
  if (out.length === 0) throw invalid("messages", "messages hold nothing that the target could answer.");
  return out;
}

const ROLES: Readonly<Partial<Record<Role, string>>> = {
  [Role.SYSTEM]: "system",
  [Role.DEVELOPER]: "system",
  [Role.USER]: "user",
  [Role.ASSISTANT]: "assistant",
  [Role.TOOL]: "tool",
};

/** The names of the tools that are called, by the ids of the calls: results must name them. */
function callNames(messages: readonly Message[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { parts } of messages) {
    for (const { kind } of parts) if (kind.case === "toolCall") names.set(kind.value.id, kind.value.name);
  }
  return names;
}

function encodeMessage(
  message: Message,
  path: string,
  names: ReadonlyMap<string, string>,
  losses: Losses,
): JsonObject[] {
  const role = ROLES[message.role];
  if (role === undefined) throw invalid(`${path}.role`, `${path}.role is required.`);
  tellForeignFields(message, path, DIALECT, losses);
  if (message.name !== undefined) losses.drop(`${path}.name`, "The target knows no names of speakers.");
  const context: PartContext = { losses };
  const out: JsonObject[] = [];
  const spoken: (readonly [Part, string])[] = [];
  message.parts.forEach((part, at) => {
    const place = `${path}.parts[${at}]`;
    tellPart(part, place, losses);
    if (part.kind.case === "toolResult")
      out.push(encodeResult(part.kind.value, `${place}.tool_result`, names, context));
    else spoken.push([part, place]);
  });
  const said = encodeSpoken(spoken, role === "tool" ? "user" : role, context);
  // Of a message that could not be said nothing is left; one that came empty is sent as it came.
  if (says(said) || message.parts.length === 0) out.push({ ...ownFields(message, DIALECT), ...said });
  else tellHomelessFields(message, path, DIALECT, losses);
  return out;
}

function says({ content, thinking, images, tool_calls: calls }: JsonObject): boolean {
  return content !== "" || thinking !== undefined || images !== undefined || calls !== undefined;
}

function encodeSpoken(parts: readonly (readonly [Part, string])[], role: string, context: PartContext): JsonObject {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const images: string[] = [];
  const calls: JsonObject[] = [];
  for (const [part, path] of parts) {
    const { kind } = part;
    if (kind.case === "image") {
      const image = encodeImage(kind.value, `${path}.image`, context.losses);
      if (image !== undefined) images.push(image);
    } else if (kind.case === "toolCall") {
      calls.push(encodeCall(kind.value, ownFields(part, DIALECT), `${path}.tool_call`, context.losses));
    } else if (kind.case === "reasoning") {
      const { text, signature, encryptedContent } = kind.value;
      // What is sealed only its maker can read, and this wire seals nothing.
      if (signature !== undefined || encryptedContent !== undefined) {
        context.losses.drop(path, "Another provider has sealed this reasoning: the target could not check it.");
      } else thoughts.push(text);
    } else {
      const text = textOfPart(part, path, context);
      if (text !== undefined) texts.push(text);
    }
  }
  return {
    role,
    content: joined(texts),
    ...(thoughts.length > 0 && { thinking: thoughts.join("") }),
    ...(images.length > 0 && { images }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** The wire has one text for a message: what came in pieces stays apart by a line's end. */
function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

/** A result, which names its tool; newer servers also read the id of the call. */
function encodeResult(
  result: ToolResultPart,
  path: string,
  names: ReadonlyMap<string, string>,
  context: PartContext,
): JsonObject {
  const name = result.name ?? names.get(result.toolCallId);
  if (result.isError === true) context.losses.drop(`${path}.is_error`, "The target cannot be told that a tool failed.");
  const texts: string[] = [];
  const images: string[] = [];
  result.content.forEach((part, at) => {
    const place = `${path}.content[${at}]`;
    tellPart(part, place, context.losses);
    tellHomelessFields(part, place, DIALECT, context.losses);
    if (part.kind.case === "image") {
      const image = encodeImage(part.kind.value, `${place}.image`, context.losses);
      if (image !== undefined) images.push(image);
      return;
    }
    const text = textOfPart(part, place, context);
    if (text !== undefined) texts.push(text);
  });
  const id = result.toolCallId;
  return {
    role: "tool",
    content: joined(texts),
    ...(images.length > 0 && { images }),
    ...(name !== undefined && { tool_name: name }),
    ...(id !== "" && !id.startsWith(MADE_ID) && { tool_call_id: id }),
  };
}
