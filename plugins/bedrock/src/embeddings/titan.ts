import type { JsonObject } from "@parlance/sdk";
import { isVector, onlyText, type Texts, type Vectors } from "./texts.js";

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
export function titanRequest(asked: Texts, model: string): JsonObject {
  const inputText = onlyText(asked);
  const { dimensions, fields, losses } = asked;
  // The first generation takes the text and nothing else.
  if (dimensions !== undefined && !/-v[2-9]/.test(model)) {
    losses.drop("dimensions", "The target's model makes vectors of one length.");
    return { ...fields, inputText };
  }
  return { ...fields, inputText, ...(dimensions !== undefined && { dimensions }) };
}

/** The answer of Titan; undefined when it is another's. */
export function titanVectors({ embedding, inputTextTokenCount: tokens, ...rest }: JsonObject): Vectors | undefined {
  if (!isVector(embedding)) return undefined;
  const { embeddingsByType, ...others } = rest;
  return {
    vectors: [embedding],
    inputTokens: typeof tokens === "number" ? tokens : undefined,
    rest: { ...others, ...furtherTypes(embeddingsByType) },
  };
}

/** Floats are the vector once more. */
function furtherTypes(value: JsonObject[string] | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const { float: _, ...others } = value;
  return Object.keys(others).length > 0 ? { embeddingsByType: others } : {};
}
