import { createHash } from "node:crypto";
import {
  create,
  type EmbeddingInput,
  type EmbeddingRequest,
  type EmbeddingResult,
  EmbeddingResultSchema,
  invalid,
} from "@parlance/sdk";
import { countTokens } from "../tokens.js";

/** Length of the vectors where the request asks for none. In shorter ones unrelated texts come near by chance. */
export const DEFAULT_DIMENSIONS = 1024;
/** Longest vector that can be asked for. */
export const MOST_DIMENSIONS = 4096;

/**
 * `embed`: unit vectors by the hashing trick. Every word, pair of words and run of three letters adds to one place of
 * the vector, so that equal texts are equal and texts that share words are near. Letter case and marks do not count.
 */
export function embedTexts(request: EmbeddingRequest, model: string): EmbeddingResult {
  const { inputs, dimensions = DEFAULT_DIMENSIONS } = request;
  if (inputs.length === 0) throw invalid("inputs", "inputs must hold at least one text.");
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
    throw invalid("dimensions", `dimensions must be from 1 to ${MOST_DIMENSIONS}; it is ${dimensions}.`);
  }
  return create(EmbeddingResultSchema, {
    model,
    embeddings: inputs.map((input, index) => ({ index, vector: vectorOf(featuresOf(input), dimensions) })),
    usage: { inputTokens: inputs.reduce((sum, input) => sum + inputTokens(input), 0) },
  });
}

function inputTokens({ kind }: EmbeddingInput): number {
  return kind.case === "tokens" ? kind.value.ids.length : countTokens(kind.value ?? "");
}

/** What a text is made of, each with its weight: words count most, letters tie inflected forms together. */
function featuresOf({ kind }: EmbeddingInput): Map<string, number> {
  const words =
    kind.case === "tokens"
      ? kind.value.ids.map(String)
      : ((kind.value ?? "").toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []);
  const features = new Map<string, number>();
  // A repeat adds less and less: otherwise "the" would be what every text is about.
  const add = (feature: string, weight: number): void => {
    features.set(feature, Math.hypot(features.get(feature) ?? 0, weight));
  };
  words.forEach((word, index) => {
    add(`w ${word}`, 1);
    if (index > 0) add(`p ${words[index - 1]} ${word}`, 0.3);
    const letters = [...` ${word} `];
    for (let at = 0; at + 3 <= letters.length; at += 1) add(`l ${letters.slice(at, at + 3).join("")}`, 0.3);
  });
  // A text without words still has a direction, and each such text its own.
  if (features.size === 0) add(`t ${kind.case === "text" ? kind.value : ""}`, 1);
  return features;
}

function vectorOf(features: ReadonlyMap<string, number>, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const [feature, weight] of features) {
    const digest = createHash("md5").update(feature).digest();
    const place = digest.readUInt32LE(0) % dimensions;
    // Half of the features count down, so that those that meet in one place cancel out on average.
    vector[place] = (vector[place] as number) + ((digest[4] as number) & 1 ? weight : -weight);
  }
  const length = Math.hypot(...vector);
  // All may cancel out where the vector is very short.
  return length === 0 ? vector.fill(0).fill(1, 0, 1) : vector.map((value) => value / length);
}
