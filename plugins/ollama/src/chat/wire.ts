/** Name of the dialect: https://docs.ollama.com/api/chat */
export const DIALECT = "ollama";

/** Front of ids that were made for calls which came without one. The wire never sees them. */
export const MADE_ID = "ollama_call_";

/** Largest number of the vocabulary's counts. */
const MAX_INT32 = 2_147_483_647;

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

export function isString(value: unknown): value is string {
  return typeof value === "string";
}
