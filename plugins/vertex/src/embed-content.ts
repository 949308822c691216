import {
  asExtensions,
  create,
  EmbeddingResultSchema,
  EmbeddingSchema,
  type EmbeddingInput,
  type EmbeddingRequest,
  type EmbeddingResult,
  isObject,
  ParlanceError,
  type TargetEmbeddingDialect,
  UsageSchema,
} from "@parlance/sdk";
import { gemini, geminiWishes } from "@parlance/sdk/dialects";
import { isCount, isVector, parseAnswer, textOf, unreadable } from "./reading.js";

const NAME = "vertex-embed-content";

/**
 * Vectors of Vertex AI's newest models, one text a call:
 * https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.publishers.models/embedContent
 */
export const embedContent: TargetEmbeddingDialect = {
  name: NAME,
  encodeRequest,
  decodeResponse,
  // Google tells what went wrong in one way, whatever was asked.
  decodeError: gemini.decodeError,
};

function encodeRequest(
  request: EmbeddingRequest,
  { losses }: Parameters<TargetEmbeddingDialect["encodeRequest"]>[1],
): string {
  const { inputs, dimensions } = request;
  if (inputs.length !== 1) {
    throw new ParlanceError(
      "unsupported",
      `inputs must hold one text, not ${inputs.length}: the target takes one a call.`,
      {
        field: "inputs",
      },
    );
  }
  const wishes = geminiWishes(request, ["task_type", "title", "auto_truncate"], losses);
  return JSON.stringify({
    content: { parts: [{ text: textOf(inputs[0] as EmbeddingInput, 0) }] },
    ...(wishes.task_type !== undefined && { taskType: wishes.task_type }),
    ...(wishes.title !== undefined && { title: wishes.title }),
    ...(wishes.auto_truncate !== undefined && { autoTruncate: wishes.auto_truncate }),
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
  });
}

function decodeResponse(text: string): EmbeddingResult {
  const { embedding, usageMetadata: usage, ...fields } = parseAnswer(text);
  const values = isObject(embedding) ? embedding.values : undefined;
  if (!isVector(values)) throw unreadable("embedding.values is not a vector");
  const { promptTokenCount: tokens, totalTokenCount: _, ...details } = isObject(usage) ? usage : {};
  // Such as `truncated`, for a text that was too long.
  if (Object.keys(details).length > 0) fields.usageMetadata = details;
  const extensions = asExtensions(NAME, fields);
  return create(EmbeddingResultSchema, {
    embeddings: [create(EmbeddingSchema, { index: 0, vector: values })],
    ...(isCount(tokens) && { usage: create(UsageSchema, { inputTokens: tokens }) }),
    ...(extensions && { extensions }),
  });
}
