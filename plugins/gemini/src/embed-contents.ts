import {
  asExtensions,
  create,
  EmbeddingResultSchema,
  EmbeddingSchema,
  type EmbeddingRequest,
  type EmbeddingResult,
  isObject,
  type JsonObject,
  ParlanceError,
  type TargetEmbeddingDialect,
  UsageSchema,
} from "@parlance/sdk";
import { gemini, geminiWishes } from "@parlance/sdk/dialects";

const NAME = "gemini-embed-contents";

/**
 * Vectors as the Gemini API makes them, a batch at a time: https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
 * What the vocabulary has no word for is taken from the caller's own fields: `task_type` and `title`.
 */
export const embedContents: TargetEmbeddingDialect = {
  name: NAME,
  encodeRequest,
  decodeResponse,
  // Google tells what went wrong in one way, whatever was asked.
  decodeError: gemini.decodeError,
};

function encodeRequest(
  request: EmbeddingRequest,
  { model, losses }: Parameters<TargetEmbeddingDialect["encodeRequest"]>[1],
): string {
  const { task_type: taskType, title } = geminiWishes(request, ["task_type", "title"], losses);
  const more: JsonObject = {
    ...(taskType !== undefined && { taskType }),
    ...(title !== undefined && { title }),
    ...(request.dimensions !== undefined && { outputDimensionality: request.dimensions }),
  };
  const requests = request.inputs.map(({ kind }, index) => {
    if (kind.case === "text") return { model: `models/${model}`, content: { parts: [{ text: kind.value }] }, ...more };
    const field = `inputs[${index}]`;
    throw new ParlanceError("unsupported", `${field} must be text: the target takes no token ids.`, { field });
  });
  return JSON.stringify({ requests });
}

function decodeResponse(text: string): EmbeddingResult {
  const body = parse(text);
  const { embeddings, usageMetadata: usage, ...fields } = isObject(body) ? body : {};
  if (!Array.isArray(embeddings)) throw unreadable("embeddings is not an array");
  const { promptTokenCount: tokens, totalTokenCount: _, ...details } = isObject(usage) ? usage : {};
  if (Object.keys(details).length > 0) fields.usageMetadata = details;
  const extensions = asExtensions(NAME, fields);
  return create(EmbeddingResultSchema, {
    embeddings: embeddings.map((one, index) => {
      const values: unknown = isObject(one) ? one.values : undefined;
      if (!isVector(values)) throw unreadable(`embeddings[${index}].values is not a vector`);
      return create(EmbeddingSchema, { index, vector: values });
    }),
    // Older models do not tell it.
    ...(isCount(tokens) && { usage: create(UsageSchema, { inputTokens: tokens }) }),
    ...(extensions && { extensions }),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's answer is not JSON.");
  }
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => typeof number === "number");
}

/** Largest number of the vocabulary's counts. */
const MAX_INT32 = 2_147_483_647;

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

function unreadable(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${what}.`);
}
