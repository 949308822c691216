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
  MessageSchema,
  type MessageInitShape,
  PartSchema,
  Role,
} from "../../sdk/index.js";
import { readOwnMember } from "../own-member.js";
import { asArray, asObject, asString, isString } from "../openai-chat/checks.js";
import { decodeInput, decodeInstructions } from "./input-decode.js";
import { WireObject } from "./own.js";
import { takeReasoning } from "./reasoning.js";
import { takePlainFields } from "./request-fields.js";
import { decodeFormat } from "./text-format.js";
import { decodeToolChoice } from "./tool-choice.js";
import { decodeTool } from "./tools.js";
import { INCLUDE_LOGPROBS, INCLUDE_SEALS } from "./wire.js";

type Init = {
  -readonly [K in keyof MessageInitShape<typeof ChatRequestSchema>]: MessageInitShape<typeof ChatRequestSchema>[K];
};

/** Reads a caller's request. Throws `invalid_request` that names the field. */
export function decodeRequest(text: string): ChatRequest {
  const wire = new WireObject(parseObject(text), "");
  const init: Init = takePlainFields(wire);
  wire.note("own", true);
  init.model = asString(wire.take("model"), "model");
  if (init.model === "") throw invalid("model", "model must not be empty.");
  init.messages = takeMessages(wire);
  takeTools(wire, init);
  takeText(wire, init);
  const reasoning = takeReasoning(wire);
  if (reasoning !== undefined) init.reasoning = reasoning;
  takeInclude(wire, init);
  takeUser(wire, init);
  takeMetadata(wire, init);
  takeOwn(wire, init);
  // How the answer travels is the door's business, and what is as it would be anyway is nobody's loss.
  for (const name of ["stream", "stream_options"]) wire.hush(name);
  wire.hush("background", (value) => value !== false);
  wire.hush("truncation", (value) => value !== "disabled");
  const extensions = wire.extensions();
  if (extensions !== undefined) init.extensions = extensions;
  return create(ChatRequestSchema, init as MessageInitShape<typeof ChatRequestSchema>);
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("body", "The body is not valid JSON.");
  }
  if (!isObject(value)) throw invalid("body", `The body must be a JSON object, not ${kindOf(value as JsonValue)}.`);
  return value;
}

/** What the provider can find the conversation by, so that a request may come without input. */
const CONVERSATIONS = ["prompt", "previous_response_id", "conversation"];

function takeMessages(wire: WireObject): Message[] {
  const messages: Message[] = [];
  const instructions = wire.take("instructions");
  if (instructions !== undefined) messages.push(decodeInstructions(asString(instructions, "instructions")));
  const input = wire.take("input");
  if (isString(input)) {
    wire.note("input", "string");
    const part = create(PartSchema, { kind: { case: "text", value: { text: input } } });
    messages.push(create(MessageSchema, { role: Role.USER, parts: [part] }));
  } else if (input === undefined && CONVERSATIONS.some((name) => wire.peek(name) !== undefined)) {
    wire.note("input", "none");
  } else {
    const items = asArray(input, "input");
    if (items.length === 0) throw invalid("input", "input must hold at least one item.");
    decodeInput(items, messages);
  }
  return messages;
}

function takeTools(wire: WireObject, init: Init): void {
  wire.hush("tools", (value) => !Array.isArray(value) || value.length > 0);
  init.tools = asArray(wire.take("tools") ?? [], "tools").map((tool, index) => decodeTool(tool, `tools[${index}]`));
  const choice = wire.peek("tool_choice");
  if (choice === undefined) return;
  const read = decodeToolChoice(choice);
  if (read !== undefined) {
    wire.take("tool_choice");
    init.toolChoice = read;
  } else if (isString(choice)) {
    throw invalid("tool_choice", `tool_choice is "${choice}", but must be auto, none, required or an object.`);
  }
}

/** `text`: the answer's form. Its other members stay fields of the dialect. */
function takeText(wire: WireObject, init: Init): void {
  const text = wire.take("text");
  if (text === undefined) return;
  const inner = new WireObject(asObject(text, "text"), "text");
  const format = inner.peek("format");
  const read = format === undefined ? undefined : decodeFormat(format);
  if (read !== undefined) {
    inner.take("format");
    init.responseFormat = read;
  }
  const verbosity = inner.takeIf("verbosity", isString);
  if (verbosity !== undefined) init.verbosity = verbosity;
  const { fields, form } = inner.leftover();
  if (Object.keys(fields).length > 0) wire.keep("text", fields);
  wire.note("text", form);
}

/**
 * `include`: log probabilities are a wish of the vocabulary, and sealed reasoning comes with every answer. Any other
 * entry stays a field of the dialect.
 */
function takeInclude(wire: WireObject, init: Init): void {
  const include = wire.take("include");
  if (include === undefined) return;
  const entries = asArray(include, "include");
  if (entries.includes(INCLUDE_LOGPROBS)) init.logprobs = true;
  wire.note("include", entries);
  const others = entries.filter((entry) => entry !== INCLUDE_LOGPROBS && entry !== INCLUDE_SEALS);
  if (others.length > 0) wire.keep("include", others);
}

/** Two names for one person: the newer one wins where both are there. */
function takeUser(wire: WireObject, init: Init): void {
  for (const name of ["safety_identifier", "user"]) {
    const value = wire.peek(name);
    if (value === undefined || init.endUser !== undefined) continue;
    init.endUser = asString(wire.take(name), name);
    wire.note("user", name);
  }
}

/** Labels with a value of another kind stay a field of the dialect. */
function takeMetadata(wire: WireObject, init: Init): void {
  const metadata = wire.peek("metadata");
  if (!isObject(metadata) || !Object.values(metadata).every(isString)) return;
  wire.take("metadata");
  init.metadata = metadata as Record<string, string>;
  if (Object.keys(metadata).length === 0) wire.note("metadata", true);
}

function takeOwn(wire: WireObject, init: Init): void {
  const own = wire.take("parlance");
  if (own !== undefined) Object.assign(init, readOwnMember(own));
}
