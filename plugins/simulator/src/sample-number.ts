import type { JsonObject } from "@parlance/sdk";
import type { Random } from "./random.js";

/** A number within its bounds, whole where it must be; with two decimals where the bounds leave room. */
export function sampleNumber(schema: JsonObject, whole: boolean, random: Random): number {
  const { low, high } = bounds(schema);
  const step = typeof schema.multipleOf === "number" && schema.multipleOf > 0 ? schema.multipleOf : undefined;
  if (step !== undefined)
    return multiple(whole && !Number.isInteger(step) ? wholeStep(step) : step, low, high, schema, random);
  if (whole) return multiple(1, low, high, schema, random);
  const value = low + (high - low) * (0.1 + 0.8 * random.next());
  const short = Math.round(value * 100) / 100;
  return short > low && short < high ? short : value;
}

function bounds(schema: JsonObject): { low: number; high: number } {
  const number = (key: string): number | undefined => (typeof schema[key] === "number" ? schema[key] : undefined);
  const lows = [number("minimum"), number("exclusiveMinimum")].filter((bound) => bound !== undefined);
  const highs = [number("maximum"), number("exclusiveMaximum")].filter((bound) => bound !== undefined);
  const high = highs.length > 0 ? Math.min(...highs) : undefined;
  const low = lows.length > 0 ? Math.max(...lows) : high === undefined ? 0 : Math.min(0, high - 100);
  return { low, high: high ?? Math.max(100, low + 100) };
}

/** One of the multiples of a step between the bounds. */
function multiple(step: number, low: number, high: number, schema: JsonObject, random: Random): number {
  let first = Math.ceil(low / step);
  let last = Math.floor(high / step);
  if (typeof schema.exclusiveMinimum === "number" && first * step <= schema.exclusiveMinimum) first += 1;
  if (typeof schema.exclusiveMaximum === "number" && last * step >= schema.exclusiveMaximum) last -= 1;
  // A step larger than the default range: one more is always near.
  if (schema.maximum === undefined && schema.exclusiveMaximum === undefined) last = Math.max(first, last);
  let value = 0;
  for (let tries = 0; tries < 40; tries += 1) {
    // 3 * 0.1 is 0.30000000000000004, which is no multiple of 0.1.
    value = Number((random.between(first, Math.max(first, last)) * step).toPrecision(12)) + 0;
    // Nor is 5.3, as doubles divide: validators say so, hence another.
    if (Number.isInteger(value / step)) break;
  }
  return value;
}

/** The least whole multiple of a broken step: 2.5 gives 5. */
function wholeStep(step: number): number {
  for (let times = 1; times <= 1000; times += 1) {
    const sum = Number((step * times).toPrecision(12));
    if (Number.isInteger(sum)) return sum;
  }
  return step;
}
