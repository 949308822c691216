/** Name of the dialect: https://docs.cohere.com/reference/chat */
export const DIALECT = "cohere";

/** Stop sequences that a request may have: https://docs.cohere.com/reference/chat#request.body.stop_sequences */
export const MAX_STOP_SEQUENCES = 5;

/** Largest number of the vocabulary's counts. */
const MAX_INT32 = 2_147_483_647;

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

export function isString(value: unknown): value is string {
  return typeof value === "string";
}
