import { invalid, isObject, type JsonObject } from "@parlance/sdk";
import { areVectors, type Purpose, type Texts, type Vectors } from "./texts.js";

/** Texts in one call: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html */
const MAX_TEXTS = 96;

const INPUT_TYPES: Readonly<Record<Purpose, string>> = {
  index: "search_document",
  query: "search_query",
  classification: "classification",
  clustering: "clustering",
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html, and ...-embed-v3.html */
export function cohereRequest(asked: Texts, model: string, purpose: Purpose): JsonObject {
  const { texts, dimensions, fields, losses } = asked;
  if (texts.length > MAX_TEXTS) {
    throw invalid("input", `input holds ${texts.length} texts, but the target takes ${MAX_TEXTS} a call.`);
  }
  const out: JsonObject = {
    input_type: INPUT_TYPES[purpose],
    embedding_types: ["float"],
    ...fields,
    texts: [...texts],
  };
  if (dimensions === undefined) return out;
  if (/-v3/.test(model)) losses.drop("dimensions", "The target's model makes vectors of one length.");
  else out.output_dimension = dimensions;
  return out;
}

/** The answer of Cohere; undefined when it is another's. What it took is told in a header alone. */
export function cohereVectors({ embeddings, texts: _, response_type: __, ...rest }: JsonObject): Vectors | undefined {
  if (areVectors(embeddings)) return { vectors: embeddings, rest };
  if (!isObject(embeddings) || !areVectors(embeddings.float)) return undefined;
  const { float, ...others } = embeddings;
  return { vectors: float, rest: { ...rest, ...(Object.keys(others).length > 0 && { embeddings: others }) } };
}
