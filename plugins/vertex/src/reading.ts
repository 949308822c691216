import { type EmbeddingInput, isObject, type JsonObject, ParlanceError } from "@parlance/sdk";

/** The text of an input. Throws `unsupported` for token ids. */
export function textOf({ kind }: EmbeddingInput, index: number): string {
  if (kind.case === "text") return kind.value;
  const field = `inputs[${index}]`;
  throw new ParlanceError("unsupported", `${field} must be text: the target takes no token ids.`, { field });
}

/** An answer's body. Throws `malformed_answer` for what is no JSON object. */
export function parseAnswer(text: string): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw unreadable("it is not JSON");
  }
  if (!isObject(body)) throw unreadable("it is not an object");
  return body;
}

/** Whether a value is a list of numbers. */
export function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => typeof number === "number");
}

/** Largest number of the vocabulary's counts. */
const MAX_INT32 = 2_147_483_647;

/** Whether a value is a whole number that the vocabulary can hold. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

/** The error of an answer that is not as its format has it. */
export function unreadable(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's answer cannot be read: ${what}.`);
}
