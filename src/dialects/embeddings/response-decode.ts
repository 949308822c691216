import {
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
} from "../../sdk/index.js";
import { errorFromBody } from "../openai-errors/index.js";
import { readBase64Vector } from "./vectors.js";
import { DIALECT, MAX_INT32 } from "./wire.js";

/** Reads a provider's whole answer. Throws `malformed_answer` when it is none, and the error that it tells when it does. */
export function decodeResponse(text: string): EmbeddingResult {
  const body = parse(text);
  if (body.error && !Array.isArray(body.data)) throw errorFromBody(body);
  const { data, model, usage, object, ...others } = body;
  if (!Array.isArray(data)) throw unreadable("data is not an array");
  const result = create(EmbeddingResultSchema);
  const form: JsonObject = {};
  if (typeof model === "string") result.model = model;
  else form.model = model ?? "absent";
  if (object !== "list") form.object = object ?? "absent";
  result.embeddings = data.map(readEmbedding);
  const order = result.embeddings.map((embedding) => embedding.index);
  if (order.some((index, position) => index !== position)) form.order = order;
  result.embeddings.sort((a, b) => a.index - b.index);
  if (isObject(usage)) result.usage = decodeUsage(usage);
  else if (usage !== undefined) others.usage = usage;
  const fields = Object.keys(form).length > 0 ? { ...others, $form: form } : others;
  if (Object.keys(fields).length > 0) result.extensions = { [DIALECT]: fields };
  return result;
}

function parse(text: string): Record<string, JsonValue> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
  if (!isObject(body)) throw unreadable("it is not an object");
  return body;
}

function readEmbedding(value: JsonValue, position: number): Embedding {
  if (!isObject(value)) throw unreadable(`data[${position}] is not an object`);
  const { embedding, index, object, ...others } = value;
  const form: JsonObject = {};
  if (object !== "embedding") form.object = object ?? "absent";
  if (!Number.isInteger(index)) form.index = "absent";
  const vector = typeof embedding === "string" ? readBase64Vector(embedding) : embedding;
  if (!Array.isArray(vector) || !vector.every((number) => typeof number === "number")) {
    throw unreadable(`data[${position}].embedding is not a vector`);
  }
  if (typeof embedding === "string") form.base64 = true;
  const fields = Object.keys(form).length > 0 ? { ...others, $form: form } : others;
  return create(EmbeddingSchema, {
    index: Number.isInteger(index) ? (index as number) : position,
    vector,
    ...(Object.keys(fields).length > 0 && { extensions: { [DIALECT]: fields } }),
  });
}

/** The member `usage`. What it has beside the prompt's tokens is kept. */
export function decodeUsage(value: JsonObject): Usage {
  const { prompt_tokens, ...others } = value;
  const usage = create(UsageSchema);
  if (Number.isInteger(prompt_tokens) && (prompt_tokens as number) >= 0 && (prompt_tokens as number) <= MAX_INT32) {
    usage.inputTokens = prompt_tokens as number;
  } else if (prompt_tokens !== undefined) others.prompt_tokens = prompt_tokens;
  // Most tell the same number twice.
  const fields: JsonObject =
    others.total_tokens === prompt_tokens
      ? omitTotal(others)
      : "total_tokens" in others
        ? others
        : { ...others, $form: { total_tokens: "absent" } };
  if (Object.keys(fields).length > 0) usage.extensions = { [DIALECT]: fields };
  return usage;
}

function omitTotal({ total_tokens: _, ...others }: JsonObject): JsonObject {
  return others;
}

function unreadable(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${what}.`);
}
