import {
  asExtensions,
  create,
  type Embedding,
  EmbeddingResultSchema,
  EmbeddingSchema,
  type EmbeddingResult,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type Usage,
  UsageSchema,
} from "@parlance/sdk";
import { parseObject } from "../chat/response-decode.js";
import { DIALECT, isCount } from "../chat/wire.js";
import { errorOfEvent } from "../errors.js";

/**
 * Reads a whole answer: for every input a vector of each type that was asked for. The vector is the one of doubles, or
 * else the first that was told; all others stay fields of the dialect. The repeated texts are left out.
 */
export function decodeResponse(text: string): EmbeddingResult {
  const { embeddings, meta, texts: _, ...fields } = parseObject(text, "answer");
  if (typeof fields.message === "string" && embeddings === undefined) throw errorOfEvent(fields);
  const byType = Array.isArray(embeddings) ? { float: embeddings } : embeddings;
  if (!isObject(byType)) throw unreadable();
  const types = Object.keys(byType).filter((type) => Array.isArray(byType[type]));
  const type = types.includes("float") ? "float" : types[0];
  if (type === undefined) throw unreadable();
  if (meta !== undefined) fields.meta = meta;
  const extensions = asExtensions(DIALECT, fields);
  const usage = decodeUsage(meta);
  const others = types.filter((one) => one !== type);
  return create(EmbeddingResultSchema, {
    embeddings: listOf(byType, type).map((value, index) => decodeEmbedding(byType, index, value, type, others)),
    ...(usage && { usage }),
    ...(extensions && { extensions }),
  });
}

function listOf(byType: JsonObject, type: string): JsonValue[] {
  return byType[type] as JsonValue[];
}

function decodeEmbedding(
  byType: JsonObject,
  index: number,
  value: JsonValue,
  type: string,
  others: readonly string[],
): Embedding {
  const kept: JsonObject = {};
  if (type !== "float") kept[type] = value;
  for (const other of others) kept[other] = listOf(byType, other)[index] ?? null;
  const extensions = asExtensions(DIALECT, kept);
  return create(EmbeddingSchema, { index, vector: vectorOf(value), ...(extensions && { extensions }) });
}

function vectorOf(value: JsonValue): number[] {
  if (Array.isArray(value) && value.every((number) => typeof number === "number")) return value;
  if (typeof value !== "string") throw unreadable();
  // Little-endian floats of 32 bits.
  const bytes = Buffer.from(value, "base64");
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4));
}

/** Only what is billed is told. */
function decodeUsage(meta: JsonValue | undefined): Usage | undefined {
  const billed = isObject(meta) ? meta.billed_units : undefined;
  if (!isObject(billed) || !isCount(billed.input_tokens)) return undefined;
  const images = isCount(billed.image_tokens) ? billed.image_tokens : 0;
  return create(UsageSchema, { inputTokens: billed.input_tokens + images });
}

function unreadable(): ParlanceError {
  return new ParlanceError("malformed_answer", "The provider's answer has no embeddings.");
}
