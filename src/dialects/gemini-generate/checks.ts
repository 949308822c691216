import { invalid, isObject, type JsonObject, type JsonValue, kindOf } from "../../sdk/index.js";

/** Largest number of the vocabulary's counts. */
const MAX_INT32 = 2_147_483_647;

export function isString(value: JsonValue | undefined): value is string {
  return typeof value === "string";
}

export function isBoolean(value: JsonValue | undefined): value is boolean {
  return typeof value === "boolean";
}

export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

/** The value as a string; otherwise `invalid_request` that names `path`. */
export function asString(value: JsonValue | undefined, path: string): string {
  if (typeof value !== "string") throw wrong(path, "a string", value);
  return value;
}

export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  if (!isObject(value)) throw wrong(path, "an object", value);
  return value;
}

export function asNumber(value: JsonValue | undefined, path: string): number {
  if (typeof value !== "number") throw wrong(path, "a number", value);
  return value;
}

/** The value as a whole number from 0. */
export function asCount(value: JsonValue | undefined, path: string): number {
  if (isCount(value)) return value;
  if (typeof value !== "number") throw wrong(path, "a whole number from 0", value);
  throw invalid(path, `${path} must be a whole number from 0 to ${MAX_INT32}, but is ${value}.`);
}

function wrong(path: string, wanted: string, value: JsonValue | undefined): Error {
  return invalid(path, `${path} must be ${wanted}, not ${kindOf(value)}.`);
}
