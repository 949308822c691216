import {
  type ChatRequest,
  ChatRequestSchema,
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  type Message,
  type MessageInitShape,
  MessageSchema,
  parseExact,
  Role,
} from "../../sdk/index.js";
import { readOwnMember } from "../own-member.js";
import { asArray, asBoolean, asCount, asObject, asShare, asString, isString } from "./checks.js";
import { plain, WireObject } from "./own.js";
import { takeContent } from "./part-decode.js";
import type { RequestInit } from "./request-init.js";
import { takeReasoning, takeResponseFormat } from "./request-format.js";
import { takeToolChoice } from "./tool-choice.js";
import { decodeTool } from "./tools.js";

const ROLES: Readonly<Record<string, Role>> = { user: Role.USER, assistant: Role.ASSISTANT, system: Role.SYSTEM };
const INPUT: ReadonlySet<string> = new Set(["input"]);

/**
 * Reads a caller's request, for an answer or for a count of tokens. A missing `max_tokens`, which the wire requires for
 * an answer, means the model's own limit. Throws `invalid_request` that names the field.
 * https://platform.claude.com/docs/en/api/messages/create
 */
export function decodeRequest(text: string): ChatRequest {
  const wire = new WireObject(parseObject(text), "");
  const init: RequestInit = {};
  // What came in this dialect is not put right on its way to a target of this dialect.
  wire.note("own", true);
  init.model = asString(wire.take("model"), "model");
  if (init.model === "") throw invalid("model", "model must not be empty.");
  init.messages = [...takeSystem(wire), ...takeMessages(wire)];
  takeTools(wire, init);
  takeNumbers(wire, init);
  takeStop(wire, init);
  takeReasoning(wire, init);
  takeResponseFormat(wire, init);
  takeMetadata(wire, init);
  takeOwn(wire, init);
  // How the answer travels is the door's business: another dialect loses nothing by it.
  const stream = wire.take("stream");
  if (stream !== undefined) {
    if (stream !== null) asBoolean(stream, "stream");
    wire.note("stream", stream);
  }
  const extensions = wire.extensions();
  if (extensions !== undefined) init.extensions = extensions;
  return create(ChatRequestSchema, init as MessageInitShape<typeof ChatRequestSchema>);
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseExact(text, INPUT);
  } catch {
    throw invalid("body", "The body is not valid JSON.");
  }
  if (!isObject(value)) throw invalid("body", `The body must be a JSON object, not ${kindOf(value as JsonValue)}.`);
  return value;
}

/** The top-level `system`, which the vocabulary has as a first message. */
function takeSystem(wire: WireObject): Message[] {
  const system = wire.peek("system");
  if (system === undefined || system === null) return [];
  if (system === "" || (Array.isArray(system) && system.length === 0)) {
    wire.take("system");
    wire.noteAs("system", system);
    return [];
  }
  const own = new WireObject({ content: wire.take("system") as JsonValue }, "system");
  const parts = takeContent(own);
  const extensions = own.extensions();
  return [create(MessageSchema, { role: Role.SYSTEM, parts, ...(extensions && { extensions }) })];
}

function takeMessages(wire: WireObject): Message[] {
  const list = asArray(wire.take("messages"), "messages");
  if (list.length === 0) throw invalid("messages", "messages must hold at least one message.");
  return list.map((message, index) => decodeMessage(message, `messages[${index}]`));
}

function decodeMessage(value: JsonValue, path: string): Message {
  const wire = new WireObject(asObject(value, path), path);
  const word = asString(wire.take("role"), `${path}.role`);
  const role = Object.hasOwn(ROLES, word) ? ROLES[word] : undefined;
  if (role === undefined)
    throw invalid(`${path}.role`, `${path}.role is "${word}", but must be user, assistant or system.`);
  if (wire.peek("content") === undefined) throw invalid(`${path}.content`, `${path}.content is required.`);
  // Told apart from the top-level system, which comes first too.
  if (role === Role.SYSTEM) wire.note("inline", true);
  const parts = takeContent(wire);
  const extensions = wire.extensions();
  return create(MessageSchema, { role, parts, ...(extensions && { extensions }) });
}

function takeTools(wire: WireObject, init: RequestInit): void {
  const tools = wire.peek("tools");
  if (tools !== undefined && tools !== null) {
    wire.take("tools");
    const list = asArray(tools, "tools");
    if (list.length === 0) wire.noteAs("tools", []);
    init.tools = list.map((tool, index) => decodeTool(tool, `tools[${index}]`));
  }
  takeToolChoice(wire, init);
}

function takeNumbers(wire: WireObject, init: RequestInit): void {
  const taken = (name: string): JsonValue | undefined => {
    const value = wire.peek(name);
    return value === null ? undefined : wire.take(name);
  };
  const limit = taken("max_tokens");
  if (limit !== undefined) init.maxOutputTokens = asCount(limit, "max_tokens");
  else wire.note("limit", "absent");
  const temperature = taken("temperature");
  if (temperature !== undefined) init.temperature = asShare(temperature, "temperature");
  const topP = taken("top_p");
  if (topP !== undefined) init.topP = asShare(topP, "top_p");
  const topK = taken("top_k");
  if (topK !== undefined) init.topK = asCount(topK, "top_k");
  const tier = taken("service_tier");
  if (tier !== undefined) init.serviceTier = asString(tier, "service_tier");
}

function takeStop(wire: WireObject, init: RequestInit): void {
  const stop = wire.peek("stop_sequences");
  if (stop === undefined || stop === null) return;
  wire.take("stop_sequences");
  const list = asArray(stop, "stop_sequences");
  if (list.length === 0) wire.noteAs("stop_sequences", []);
  init.stop = list.map((sequence, index) => asString(sequence, `stop_sequences[${index}]`));
}

/** Of `metadata` the vocabulary knows the user; the rest stays a field of the dialect. */
function takeMetadata(wire: WireObject, init: RequestInit): void {
  const metadata = wire.peek("metadata");
  if (!isObject(metadata)) return;
  const { user_id: user, ...others } = metadata;
  if (!isString(user)) return;
  wire.take("metadata");
  init.endUser = user;
  if (Object.keys(others).length > 0) wire.keep("metadata", others);
}

function takeOwn(wire: WireObject, init: RequestInit): void {
  const own = wire.take("parlance");
  if (own !== undefined) Object.assign(init, readOwnMember(plain(own)));
}
