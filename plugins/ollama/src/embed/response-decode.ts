import {
  asExtensions,
  create,
  EmbeddingResultSchema,
  EmbeddingSchema,
  type EmbeddingResult,
  type JsonObject,
  type JsonValue,
  ParlanceError,
} from "@parlance/sdk";
import { parseLine } from "../chat/line.js";
import { decodeUsage, USAGE_FIELDS } from "../chat/usage.js";
import { DIALECT, isString } from "../chat/wire.js";

/** Reads a whole answer: one vector for each text, in their order. Throws `malformed_answer` when it is none. */
export function decodeResponse(text: string): EmbeddingResult {
  const { model, embeddings, ...rest } = parseLine(text, "answer");
  if (!Array.isArray(embeddings) || !embeddings.every(isVector)) {
    throw new ParlanceError("malformed_answer", "The provider's answer has no embeddings.");
  }
  const fields: JsonObject = {};
  for (const name in rest) if (!USAGE_FIELDS.has(name)) fields[name] = rest[name] as JsonValue;
  const usage = decodeUsage(rest);
  const extensions = asExtensions(DIALECT, fields);
  return create(EmbeddingResultSchema, {
    model: isString(model) ? model : "",
    embeddings: embeddings.map((vector, index) => create(EmbeddingSchema, { index, vector: vector as number[] })),
    ...(usage && { usage }),
    ...(extensions && { extensions }),
  });
}

function isVector(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((number) => typeof number === "number");
}
