import {
  asExtensions,
  create,
  EmbeddingResultSchema,
  EmbeddingSchema,
  type EmbeddingRequest,
  type EmbeddingResult,
  isObject,
  type JsonObject,
  type JsonValue,
  type TargetEmbeddingDialect,
  UsageSchema,
} from "@parlance/sdk";
import { gemini, geminiWishes } from "@parlance/sdk/dialects";
import { isCount, isVector, parseAnswer, textOf, unreadable } from "./reading.js";

const NAME = "vertex-predict";

/**
 * Vectors of Vertex AI's text models: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
 * What the vocabulary has no word for is taken from the caller's own fields: `task_type`, `title`, `auto_truncate`.
 */
export const predict: TargetEmbeddingDialect = {
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
  const { auto_truncate: autoTruncate, ...wishes } = geminiWishes(
    request,
    ["task_type", "title", "auto_truncate"],
    losses,
  );
  const parameters: JsonObject = {
    ...(request.dimensions !== undefined && { outputDimensionality: request.dimensions }),
    ...(autoTruncate !== undefined && { autoTruncate }),
  };
  return JSON.stringify({
    instances: request.inputs.map((input, index) => ({ content: textOf(input, index), ...wishes })),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  });
}

function decodeResponse(text: string): EmbeddingResult {
  const { predictions, ...fields } = parseAnswer(text);
  if (!Array.isArray(predictions)) throw unreadable("predictions is not an array");
  let tokens: number | undefined;
  const embeddings = predictions.map((prediction, index) => {
    const embedding: JsonValue | undefined = isObject(prediction) ? prediction.embeddings : undefined;
    const { values, statistics } = isObject(embedding) ? embedding : {};
    if (!isVector(values)) throw unreadable(`predictions[${index}].embeddings.values is not a vector`);
    const count = isObject(statistics) ? statistics.token_count : undefined;
    if (isCount(count)) tokens = (tokens ?? 0) + count;
    const truncated = isObject(statistics) && statistics.truncated === true;
    return create(EmbeddingSchema, {
      index,
      vector: values,
      ...(truncated && { extensions: { [NAME]: { truncated } } }),
    });
  });
  const extensions = asExtensions(NAME, fields);
  return create(EmbeddingResultSchema, {
    embeddings,
    ...(tokens !== undefined && { usage: create(UsageSchema, { inputTokens: tokens }) }),
    ...(extensions && { extensions }),
  });
}
