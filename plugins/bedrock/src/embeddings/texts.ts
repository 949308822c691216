import {
  create,
  type EmbeddingRequest,
  type EmbeddingResult,
  EmbeddingResultSchema,
  EmbeddingSchema,
  extensionsOf,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  ParlanceError,
  UsageSchema,
} from "@parlance/sdk";

/** What vectors are for, in the setting's words. */
export type Purpose = "index" | "query" | "classification" | "clustering";

/** What is asked of every maker's model. */
export interface Texts {
  readonly texts: readonly string[];
  readonly dimensions: number | undefined;
  /** Members of the body in the wire's own words. */
  readonly fields: JsonObject;
  readonly losses: Losses;
}

/** What an answer tells. */
export interface Vectors {
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens?: number | undefined;
  /** Members of the answer that the vocabulary has no place for. */
  readonly rest: JsonObject;
}

/** The request's texts. Throws `invalid_request` for token ids, which are another tokenizer's. */
export function textsOf(request: EmbeddingRequest, dialect: string, losses: Losses): Texts {
  for (const [name, fields] of Object.entries(request.extensions ?? {})) {
    if (name === dialect || !isObject(fields)) continue;
    for (const [field, value] of Object.entries(fields)) {
      if (field.startsWith("$") || value === null) continue;
      losses.drop(`extensions.${name}.${field}`, `Only the dialect ${name} has this field.`);
    }
  }
  if (request.endUser !== undefined) losses.drop("end_user", "The target's dialect has no such field.");
  const texts = request.inputs.map(({ kind }, index) => {
    if (kind.case === "text") return kind.value;
    const path = `inputs[${index}]`;
    throw invalid(path, `${path} must be a text: token ids are those of another model's tokenizer.`);
  });
  return { texts, dimensions: request.dimensions, fields: extensionsOf(request, dialect) ?? {}, losses };
}

/** The one text of a request for a model that takes no more of them. */
export function onlyText({ texts }: Texts): string {
  const [text] = texts;
  if (texts.length === 1 && text !== undefined) return text;
  throw new ParlanceError(
    "unsupported",
    `input holds ${texts.length} texts, but the target's model takes one a call: ask once for each.`,
    { field: "input" },
  );
}

/** An answer in the vocabulary. */
export function resultOf({ vectors, inputTokens, rest }: Vectors, dialect: string): EmbeddingResult {
  return create(EmbeddingResultSchema, {
    embeddings: vectors.map((vector, index) => create(EmbeddingSchema, { index, vector: [...vector] })),
    ...(isCount(inputTokens) && { usage: create(UsageSchema, { inputTokens }) }),
    ...(Object.keys(rest).length > 0 && { extensions: { [dialect]: rest } }),
  });
}

/** Largest number of the vocabulary's counts. */
const MAX_INT32 = 2_147_483_647;

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

/** Whether a value is a vector. */
export function isVector(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((number) => typeof number === "number");
}

/** Whether a value is a list of vectors. */
export function areVectors(value: JsonValue | undefined): value is number[][] {
  return Array.isArray(value) && value.every(isVector);
}
