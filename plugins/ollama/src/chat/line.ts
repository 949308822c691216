import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type Part,
  parseExact,
  PartSchema,
  RawJson,
  textOf,
  ToolKind,
} from "@parlance/sdk";
import { errorOfLine } from "../errors.js";
import { USAGE_FIELDS } from "./usage.js";
import { DIALECT, isString } from "./wire.js";

const RAW: ReadonlySet<string> = new Set(["arguments"]);

/** A whole answer, or a line of a stream. Throws the error that it tells, and `provider_error` when it is none. */
export function parseLine(text: string, what: "answer" | "line"): JsonObject {
  let body: unknown;
  try {
    body = parseExact(text, RAW);
  } catch {
    // Told below, as any other text that is no object.
  }
  if (!isObject(body)) {
    throw new ParlanceError(
      "malformed_answer",
      what === "answer"
        ? "The provider's answer is not a JSON object."
        : "The provider's stream holds a line that is not a JSON object.",
    );
  }
  if (body.error !== undefined && body.error !== null && body.error !== "") throw errorOfLine(body);
  return body;
}

/** The year 4000, in milliseconds: what is beyond is no time that an answer was made. */
const MAX_TIME = 64_060_588_800_000;

/** When the answer, or its line, was made. Absent or unreadable is undefined. */
export function timeOf({ created_at: time }: JsonObject): { seconds: bigint; nanos: number } | undefined {
  const milliseconds = Date.parse(isString(time) ? time : "");
  if (Number.isNaN(milliseconds) || Math.abs(milliseconds) > MAX_TIME) return undefined;
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}

const KNOWN: ReadonlySet<string> = new Set([
  ...USAGE_FIELDS,
  "model",
  "created_at",
  "message",
  "done",
  "done_reason",
  "logprobs",
]);

/** Members of a line that have no place in the vocabulary. */
export function unknownOf(body: JsonObject): JsonObject {
  return without(body, KNOWN);
}

const MESSAGE: ReadonlySet<string> = new Set(["role", "content", "thinking", "tool_calls", "images"]);

/** Members of a message that have no place in the vocabulary. */
export function unknownOfMessage(message: JsonObject): JsonObject {
  return without(message, MESSAGE);
}

function without(value: JsonObject, known: ReadonlySet<string>): JsonObject {
  const rest: JsonObject = {};
  for (const name in value) {
    const member = value[name];
    if (!known.has(name) && member !== undefined && member !== null) rest[name] = member;
  }
  return rest;
}

/** The calls of a message: whole, arguments as an object. `position`: calls that came before. */
export function callsOf(message: JsonObject, id: (told: unknown) => string, position = 0): Part[] {
  const { tool_calls: list } = message;
  if (!Array.isArray(list)) return [];
  return list.flatMap((call, at) => (isObject(call) ? [callOf(call, id, position + at)] : []));
}

function callOf(call: JsonObject, makeId: (told: unknown) => string, position: number): Part {
  const { id, type, function: inner, ...fields } = call;
  const { name, arguments: args, index, ...further } = isObject(inner) ? inner : {};
  if (index !== undefined && index !== position) further.index = index;
  if (type !== undefined && type !== "function") fields.type = type;
  for (const _ in further) fields.function = further;
  const kept = Object.keys(fields).length > 0 ? { [DIALECT]: fields } : undefined;
  return create(PartSchema, {
    kind: {
      case: "toolCall",
      value: {
        id: makeId(id),
        name: isString(name) ? name : "",
        arguments: argumentText(args),
        kind: ToolKind.FUNCTION,
      },
    },
    ...(kept && { extensions: kept }),
  });
}

/** Servers that imitate the wire write the arguments as text, as another wire has them. */
function argumentText(args: JsonValue | undefined): string {
  if (isString(args)) return args === "" ? "{}" : args;
  if (isObject(args) || (args as unknown) instanceof RawJson) return textOf(args);
  return "{}";
}

/** The pictures of an answer: bare base64. */
export function imagesOf({ images }: JsonObject): Part[] {
  if (!Array.isArray(images)) return [];
  return images.filter(isString).map((data) => {
    const bytes = Buffer.from(data, "base64");
    const mediaType = mediaTypeOf(bytes);
    const value = { source: { case: "data" as const, value: bytes }, ...(mediaType !== undefined && { mediaType }) };
    return create(PartSchema, { kind: { case: "image", value } });
  });
}

/** The media type of a picture, as its first bytes tell. */
function mediaTypeOf(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 12).toString("latin1");
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF8")) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : undefined;
}
