import {
  type ChatRequest,
  ChatRequestSchema,
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  type MessageInitShape,
  ReasoningSchema,
  type ResponseFormat,
  ResponseFormatSchema,
  skim,
} from "../../sdk/index.js";
import { readOwnMember } from "../own-member.js";
import { asArray, asBoolean, asInteger, asObject, asString, isString } from "./checks.js";
import { decodeMessage, type LegacyCalls } from "./message-decode.js";
import { WireObject } from "./own.js";
import { takePlainFields } from "./request-fields.js";
import { decodeLegacyChoice, decodeLegacyFunction, decodeTool, decodeToolChoice } from "./tools.js";
import { EFFORTS, MODALITIES } from "./wire.js";

type Init = {
  -readonly [K in keyof MessageInitShape<typeof ChatRequestSchema>]: MessageInitShape<typeof ChatRequestSchema>[K];
};

/** Reads a caller's request. Throws `invalid_request` that names the field. */
export function decodeRequest(text: string): ChatRequest {
  const wire = new WireObject(parseObject(text), "");
  const init: Init = takePlainFields(wire);
  const model = wire.take("model");
  init.model = asString(model, "model");
  if (init.model === "") throw invalid("model", "model must not be empty.");
  init.messages = takeMessages(wire);
  takeTools(wire, init);
  takeTokenLimit(wire, init);
  takeStop(wire, init);
  takeSeed(wire, init, text);
  takeReasoning(wire, init);
  takeOutput(wire, init);
  takeMaps(wire, init);
  takeUser(wire, init);
  takeOwn(wire, init);
  // How the answer travels is the door's business: another dialect loses nothing by it.
  for (const name of ["stream", "stream_options"]) {
    const value = wire.take(name);
    if (value !== undefined) wire.note(name, value);
  }
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

function takeMessages(wire: WireObject): ChatRequest["messages"] {
  const list = asArray(wire.take("messages"), "messages");
  if (list.length === 0) throw invalid("messages", "messages must hold at least one message.");
  const legacy: LegacyCalls = new Map();
  return list.map((message, index) => decodeMessage(message, `messages[${index}]`, index, legacy));
}

function takeTools(wire: WireObject, init: Init): void {
  wire.takeEmpty("tools");
  const tools = asArray(wire.take("tools") ?? [], "tools").map((tool, index) => decodeTool(tool, `tools[${index}]`));
  const functions = asArray(wire.take("functions") ?? [], "functions");
  init.tools = [...tools, ...functions.map((tool, index) => decodeLegacyFunction(tool, `functions[${index}]`))];
  const choice = wire.peek("tool_choice");
  const read = choice === undefined ? undefined : decodeToolChoice(choice);
  if (read !== undefined) {
    wire.take("tool_choice");
    init.toolChoice = read;
  } else if (isString(choice)) {
    throw invalid("tool_choice", `tool_choice is "${choice}", but must be auto, none, required or an object.`);
  }
  const legacy = wire.peek("function_call");
  if (legacy !== undefined && read === undefined) {
    wire.take("function_call");
    init.toolChoice = decodeLegacyChoice(legacy, "function_call");
  }
}

/** Two names for one limit: the newer one wins where both are there. */
function takeTokenLimit(wire: WireObject, init: Init): void {
  const limit = wire.take("max_completion_tokens");
  const older = wire.peek("max_tokens");
  if (older !== undefined) asInteger(older, "max_tokens");
  if (limit !== undefined) {
    init.maxOutputTokens = asInteger(limit, "max_completion_tokens");
    wire.note("limit", "max_completion_tokens");
    if (older !== undefined) wire.note("max_tokens", older);
    wire.take("max_tokens");
  } else if (older !== undefined) {
    init.maxOutputTokens = asInteger(wire.take("max_tokens"), "max_tokens");
    wire.note("limit", "max_tokens");
  }
}

function takeStop(wire: WireObject, init: Init): void {
  wire.takeEmpty("stop");
  const stop = wire.take("stop");
  if (isString(stop)) {
    wire.note("stop", "string");
    init.stop = [stop];
  } else if (stop !== undefined) {
    init.stop = asArray(stop, "stop").map((sequence, index) => asString(sequence, `stop[${index}]`));
  }
}

function takeSeed(wire: WireObject, init: Init, text: string): void {
  const seed = wire.take("seed");
  if (seed === undefined) return;
  if (typeof seed !== "number" || !Number.isInteger(seed)) throw invalid("seed", "seed must be a whole number.");
  init.seed = Number.isSafeInteger(seed) ? BigInt(seed) : exactSeed(text);
}

/** A double cannot hold every seed: it is read from the text. */
function exactSeed(text: string): bigint {
  const bytes = Buffer.from(text);
  const { start, end } = skim(bytes).byName.get("seed") as { start: number; end: number };
  const digits = bytes.toString("latin1", start, end);
  if (!/^-?\d+$/.test(digits) || BigInt.asIntN(64, BigInt(digits)) !== BigInt(digits)) {
    throw invalid("seed", "seed must be a whole number of 64 bits.");
  }
  return BigInt(digits);
}

/** `reasoning_effort`, or the object `reasoning` of some servers: https://openrouter.ai/docs/use-cases/reasoning-tokens */
function takeReasoning(wire: WireObject, init: Init): void {
  const effort = wire.peek("reasoning_effort");
  if (effort !== undefined) {
    const known = EFFORTS[asString(effort, "reasoning_effort")];
    if (known === undefined) return;
    wire.take("reasoning_effort");
    init.reasoning = create(ReasoningSchema, { effort: known });
    return;
  }
  const object = wire.peek("reasoning");
  if (!isObject(object)) return;
  const { effort: step, max_tokens: budget, ...others } = object;
  const known = isString(step) ? EFFORTS[step] : undefined;
  if (step !== undefined && known === undefined) others.effort = step;
  const counted = Number.isInteger(budget) && (budget as number) >= 0;
  if (budget !== undefined && !counted) others.max_tokens = budget;
  if (known === undefined && !counted) return;
  wire.take("reasoning");
  wire.note("reasoning", "object");
  if (Object.keys(others).length > 0) wire.keep("reasoning", others);
  init.reasoning = create(ReasoningSchema, {
    ...(known !== undefined && { effort: known }),
    ...(counted && { budgetTokens: budget as number }),
  });
}

/** Two names for one person: the newer one wins where both are there. */
function takeUser(wire: WireObject, init: Init): void {
  for (const name of ["safety_identifier", "user"]) {
    const value = wire.peek(name);
    if (value === undefined || init.endUser !== undefined) continue;
    init.endUser = asString(wire.take(name), name);
    if (name !== "user") wire.note("user", name);
  }
}

function takeOutput(wire: WireObject, init: Init): void {
  const format = wire.peek("response_format");
  if (format !== undefined) {
    const read = decodeResponseFormat(asObject(format, "response_format"));
    if (read !== undefined) {
      wire.take("response_format");
      init.responseFormat = read;
    }
  }
  const modalities = wire.peek("modalities");
  if (Array.isArray(modalities) && modalities.length > 0) {
    const known = modalities.map((word) => (isString(word) ? MODALITIES[word] : undefined));
    if (known.every((modality) => modality !== undefined)) {
      wire.take("modalities");
      init.outputModalities = known;
    }
  }
  const audio = wire.peek("audio");
  if (!isObject(audio) || !isString(audio.voice) || !isString(audio.format)) return;
  const { voice, format: encoding, ...others } = audio;
  wire.take("audio");
  if (Object.keys(others).length > 0) wire.keep("audio", others);
  init.audioOutput = { voice: voice, format: encoding };
}

function decodeResponseFormat(value: JsonObject): ResponseFormat | undefined {
  const wire = new WireObject(value, "response_format");
  const type = asString(wire.take("type"), "response_format.type");
  const extensions = (): { extensions?: JsonObject } => {
    const kept = wire.extensions();
    return kept === undefined ? {} : { extensions: kept };
  };
  if (type === "text") return create(ResponseFormatSchema, { kind: { case: "text", value: {} }, ...extensions() });
  if (type === "json_object")
    return create(ResponseFormatSchema, { kind: { case: "jsonObject", value: {} }, ...extensions() });
  if (type !== "json_schema") return undefined;
  const path = "response_format.json_schema";
  const { name, description, schema, strict, ...others } = asObject(wire.take("json_schema"), path);
  for (const [key, member] of Object.entries({ description, schema, strict })) if (member === null) others[key] = null;
  if (Object.keys(others).length > 0) wire.keep("json_schema", others);
  const value_ = {
    ...(name !== undefined && { name: asString(name, `${path}.name`) }),
    ...(isString(description) && { description }),
    ...(schema !== undefined && schema !== null && { schema: asObject(schema, `${path}.schema`) }),
    ...(strict !== undefined && strict !== null && { strict: asBoolean(strict, `${path}.strict`) }),
  };
  return create(ResponseFormatSchema, { kind: { case: "jsonSchema", value: value_ }, ...extensions() });
}

/** Objects whose members are the caller's own. One with a value of another kind stays a field of the dialect. */
function takeMaps(wire: WireObject, init: Init): void {
  const metadata = wire.peek("metadata");
  if (isObject(metadata) && Object.keys(metadata).length > 0 && Object.values(metadata).every(isString)) {
    init.metadata = wire.take("metadata") as Record<string, string>;
  }
  const bias = wire.peek("logit_bias");
  if (
    isObject(bias) &&
    Object.keys(bias).length > 0 &&
    Object.values(bias).every((value) => typeof value === "number")
  ) {
    init.logitBias = wire.take("logit_bias") as Record<string, number>;
  }
}

function takeOwn(wire: WireObject, init: Init): void {
  const own = wire.take("parlance");
  if (own !== undefined) Object.assign(init, readOwnMember(own));
}
