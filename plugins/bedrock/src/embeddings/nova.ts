import { isObject, type JsonObject } from "@parlance/sdk";
import { isVector, onlyText, type Purpose, type Texts, type Vectors } from "./texts.js";

const PURPOSES: Readonly<Record<Purpose, string>> = {
  index: "GENERIC_INDEX",
  query: "GENERIC_RETRIEVAL",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
};

/** https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
export function novaRequest(asked: Texts, purpose: Purpose): JsonObject {
  const value = onlyText(asked);
  const { dimensions, fields } = asked;
  const { singleEmbeddingParams: given, ...others } = fields;
  const params = isObject(given) ? given : {};
  return {
    taskType: "SINGLE_EMBEDDING",
    ...others,
    singleEmbeddingParams: {
      embeddingPurpose: PURPOSES[purpose],
      ...params,
      ...(dimensions !== undefined && { embeddingDimension: dimensions }),
      // A text that is too long is refused, and not cut without a word.
      text: { truncationMode: "NONE", ...(isObject(params.text) && params.text), value },
    },
  };
}

/** The answer of Nova; undefined when it is another's. */
export function novaVectors({ embeddings, inputTokenCount: tokens, ...rest }: JsonObject): Vectors | undefined {
  if (!Array.isArray(embeddings) || embeddings.length === 0) return undefined;
  const vectors: number[][] = [];
  for (const one of embeddings) {
    if (!isObject(one) || !isVector(one.embedding)) return undefined;
    vectors.push(one.embedding);
  }
  return { vectors, inputTokens: typeof tokens === "number" ? tokens : undefined, rest };
}
