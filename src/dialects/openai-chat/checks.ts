import { invalid, isObject, type JsonObject, type JsonValue, kindOf } from "../../sdk/index.js";

/**
 * Checks of wire values. Each gives the value back with its type, or throws `invalid_request` that names the field.
 * @module
 */

export const isString = (value: JsonValue | undefined): value is string => typeof value === "string";

export function asString(value: JsonValue | undefined, path: string): string {
  if (typeof value !== "string") throw invalid(path, `${path} must be a string, not ${kindOf(value)}.`);
  return value;
}

export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  if (!isObject(value)) throw invalid(path, `${path} must be an object, not ${kindOf(value)}.`);
  return value;
}

export function asArray(value: JsonValue | undefined, path: string): JsonValue[] {
  if (!Array.isArray(value)) throw invalid(path, `${path} must be an array, not ${kindOf(value)}.`);
  return value;
}

export function asBoolean(value: JsonValue | undefined, path: string): boolean {
  if (typeof value !== "boolean") throw invalid(path, `${path} must be true or false, not ${kindOf(value)}.`);
  return value;
}

export function asNumber(value: JsonValue | undefined, path: string, min: number, max: number): number {
  if (typeof value !== "number") throw invalid(path, `${path} must be a number, not ${kindOf(value)}.`);
  if (value < min || value > max) throw invalid(path, `${path} must be between ${min} and ${max}, but is ${value}.`);
  return value;
}

export const MAX_INT32 = 2147483647;

export function asInteger(value: JsonValue | undefined, path: string, min = 0, max = MAX_INT32): number {
  const number = asNumber(value, path, min, max);
  if (!Number.isInteger(number)) throw invalid(path, `${path} must be a whole number, but is ${number}.`);
  return number;
}

/** A whole number that the vocabulary can hold. */
export const isCount = (value: JsonValue | undefined): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;

const YEAR_10000 = 253_402_300_800;

/** Unix seconds that the vocabulary can hold; some servers tell milliseconds or nanoseconds, which it cannot. */
export const isTime = (value: JsonValue | undefined): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < YEAR_10000;
