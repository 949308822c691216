import { create, invalid, isObject, type JsonValue, type Message, MessageSchema, Role } from "../../sdk/index.js";
import { CallIds } from "./call-ids.js";
import { asObject, asString, isString } from "./checks.js";
import { openSeals } from "./foreign-seal.js";
import { WireObject } from "./own.js";
import { decodePart } from "./part-decode.js";
import { joinTurns } from "./turns.js";

// `function` is an older word for the one who answers calls.
const ROLES: Readonly<Record<string, Role>> = { user: Role.USER, model: Role.ASSISTANT, function: Role.TOOL };

/** `systemInstruction` as a first message; undefined when there is none. */
export function takeSystem(wire: WireObject): Message | undefined {
  const value = wire.take("systemInstruction");
  if (value === undefined) return undefined;
  const path = "systemInstruction";
  if (isString(value)) {
    const own = new WireObject({}, path);
    own.note("words", true);
    return messageOf(own, Role.SYSTEM, [{ text: value }]);
  }
  const own = new WireObject(asObject(value, path), path);
  // The wire asks for no role here, and reads none.
  const role = own.take("role");
  if (role !== undefined) own.noteAs("role", role);
  return messageOf(own, Role.SYSTEM, partsOf(own));
}

/** `contents` as messages: https://ai.google.dev/api/caching#Content */
export function takeContents(wire: WireObject): Message[] {
  const list = wire.takeList("contents");
  if (list === undefined || list.length === 0) {
    throw invalid("contents", "contents is required: the conversation so far, as an array.");
  }
  const ids = new CallIds();
  return joinTurns(openSeals(list.map((value, index) => decodeContent(value, `contents[${index}]`, ids))));
}

function decodeContent(value: JsonValue, path: string, ids: CallIds): Message {
  const wire = new WireObject(asObject(value, path), path);
  const word = wire.take("role");
  if (word === undefined) wire.noteWithout("role");
  else if (word === "") wire.noteAs("role", "");
  const name = word === undefined || word === "" ? "user" : asString(word, `${path}.role`);
  const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
  if (role === undefined) {
    throw invalid(`${path}.role`, `${path}.role is "${name}", but must be user or model.`);
  }
  if (role === Role.TOOL) wire.noteAs("role", name);
  return messageOf(wire, role, partsOf(wire), ids);
}

function partsOf(wire: WireObject): JsonValue[] {
  const parts = wire.takeList("parts");
  if (parts === undefined) wire.noteWithout("parts");
  else if (parts.length === 0) wire.noteAs("parts", []);
  return parts ?? [];
}

function messageOf(wire: WireObject, role: Role, list: readonly JsonValue[], ids = new CallIds()): Message {
  const parts = list.flatMap((part, index) => {
    const path = `${wire.at("parts")}[${index}]`;
    if (!isObject(part)) asObject(part, path);
    return decodePart(part, path, ids);
  });
  const extensions = wire.extensions();
  return create(MessageSchema, { role, parts, ...(extensions && { extensions }) });
}
