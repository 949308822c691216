import { LONGEST_MS, parseDuration, toDuration } from "../config/duration.js";
import {
  create,
  invalid,
  isObject,
  type JsonValue,
  kindOf,
  nearest,
  type RoutingHints,
  RoutingHintsSchema,
} from "../sdk/index.js";

/** Members of the object `routing`, as `parlance.v1.RoutingHints` has them. */
const MEMBERS = ["strategy", "preferred_providers", "exclude_providers", "fallbacks", "timeout"];

/**
 * The object `routing` of a REST body. Absent members may be null. Throws `invalid_request` that names the member;
 * whether providers, models and strategies of that name exist is for routing to say. `path`: where the object lies.
 */
export function readRoutingHints(value: JsonValue, path: string): RoutingHints {
  if (!isObject(value)) throw invalid(path, `${path} must be an object, not ${kindOf(value)}.`);
  for (const name of Object.keys(value)) if (!MEMBERS.includes(name)) throw unknownMember(name, path);
  const hints = create(RoutingHintsSchema, {
    preferredProviders: readNames(value.preferred_providers, `${path}.preferred_providers`),
    excludeProviders: readNames(value.exclude_providers, `${path}.exclude_providers`),
    fallbacks: readNames(value.fallbacks, `${path}.fallbacks`),
  });
  const { strategy, timeout } = value;
  if (strategy !== undefined && strategy !== null) hints.strategy = readName(strategy, `${path}.strategy`);
  if (timeout !== undefined && timeout !== null) {
    hints.timeout = { $typeName: "google.protobuf.Duration", ...toDuration(readTimeout(timeout, `${path}.timeout`)) };
  }
  return hints;
}

function unknownMember(name: string, path: string): Error {
  const near = nearest(name, MEMBERS)[0];
  const hint = near === undefined ? `It may hold ${MEMBERS.join(", ")}.` : `Did you mean ${near}?`;
  return invalid(`${path}.${name}`, `${path} has no member "${name}". ${hint}`);
}

function readNames(value: JsonValue | undefined, path: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(path, `${path} must be an array of names, not ${kindOf(value)}.`);
  return value.map((name, index) => readName(name, `${path}[${index}]`));
}

function readName(value: JsonValue, path: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(path, `${path} must be a name, not ${value === "" ? "an empty string" : kindOf(value)}.`);
}

/** Milliseconds. */
function readTimeout(value: JsonValue, path: string): number {
  const milliseconds = typeof value === "string" ? parseDuration(value) : value;
  if (typeof milliseconds !== "number" || milliseconds <= 0 || milliseconds > LONGEST_MS) {
    throw invalid(
      path,
      `${path} must be a duration such as "30s" or "1m30s", or a number of milliseconds, above 0 and below 25 days.`,
    );
  }
  return milliseconds;
}
