import { create, fromJson, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect, scalarZeroValue } from "@bufbuild/protobuf/reflect";
import { isObject, type JsonValue, kindOf, nearest } from "../sdk/index.js";
import { LONGEST_MS, parseDuration, toDuration } from "./duration.js";
import { type Environment, fillText } from "./environment.js";
import { placesOf } from "./places-of.js";
import type { Path } from "./problem.js";
import { readScalar } from "./read-scalar.js";
import type { Report, Reporter } from "./reporter.js";

/** What a value is read with. */
interface Reading {
  readonly root: DescMessage;
  readonly environment: Environment;
  readonly report: Report;
  readonly excuse: Reporter["excuse"];
}

/**
 * Makes a message of a parsed file by walking its descriptor: no key and no type that it does not know passes, every
 * fault is reported, and variables are filled from the environment. What nothing was written under (`server:` alone)
 * is empty, so that all of its lines can be commented out.
 */
export function decode<M extends Message>(
  schema: DescMessage & { readonly typeName: string },
  value: unknown,
  environment: Environment,
  { report, excuse }: Pick<Reporter, "report" | "excuse">,
): M {
  const message = reflect(schema, create(schema));
  fill(message, value, [], { root: schema, environment, report, excuse });
  return message.message as M;
}

function fill(message: ReflectMessage, value: unknown, path: Path, reading: Reading): void {
  if (value === null) return;
  if (!isObject(value)) {
    reading.report(path, `must be a mapping of settings, not ${kindOf(value as string)}.`);
    return;
  }
  const fields = new Map(message.fields.map((field) => [field.name, field]));
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, key];
    const field = fields.get(key);
    if (field === undefined) refuseKey(key, [...fields.keys()], at, reading);
    else fillField(message, field, member, at, reading);
  }
}

function refuseKey(key: string, names: readonly string[], path: Path, { root, report, excuse }: Reading): void {
  const [near] = nearest(key, names);
  const elsewhere = near === undefined ? placesOf(root, key) : [];
  const known = near === undefined && elsewhere.length === 0 ? ` Known are ${names.join(", ")}.` : "";
  report(path, `is not a setting.${known}`, near ?? elsewhere[0]);
  if (near !== undefined) excuse([...path.slice(0, -1), near]);
}

function fillField(message: ReflectMessage, field: DescField, value: unknown, path: Path, reading: Reading): void {
  const { report } = reading;
  if (field.fieldKind === "list") {
    if (value === null) return;
    if (!Array.isArray(value)) return report(path, `must be a list, not ${kindOf(value as string)}.`);
    const list = message.get(field);
    value.forEach((item: unknown, index) => {
      const made = readOne(field, item, [...path, index], reading);
      // A faulty item keeps its place, so that those behind it are told under their own numbers.
      if (made !== undefined) list.add(made);
      else if (field.listKind === "scalar") list.add(scalarZeroValue(field.scalar, false));
    });
  } else if (field.fieldKind === "map") {
    if (value === null) return;
    if (!isObject(value)) return report(path, `must be a mapping by name, not ${kindOf(value as string)}.`);
    const map = message.get(field);
    for (const [key, item] of Object.entries(value)) {
      const fault = nameFault(key);
      const made = fault === undefined ? readOne(field, item, [...path, key], reading) : report([...path, key], fault);
      if (made !== undefined) map.set(key, made);
    }
  } else {
    const made = readOne(field, value, path, reading);
    if (made !== undefined) message.set(field, made);
  }
}

function nameFault(name: string): string | undefined {
  // To assign it would change what the map inherits, and add nothing to it.
  if (name === "__proto__") return "cannot be a name.";
  return name.includes("${") ? "holds a variable, and these are filled in values only." : undefined;
}

/** One value of a field, of its list or of its map; undefined once its fault was reported. */
function readOne(field: DescField, value: unknown, path: Path, reading: Reading): unknown {
  const { environment, report } = reading;
  const schema = field.message;
  if (schema?.typeName === "google.protobuf.Duration") return readDuration(schema, value, path, reading);
  if (schema?.typeName === "google.protobuf.Struct") {
    const settings = value ?? {};
    if (!isObject(settings)) return report(path, `must be a mapping of settings, not ${kindOf(value as string)}.`);
    return reflect(schema, fromJson(schema, fillValues(settings, path, reading)));
  }
  if (schema !== undefined) {
    const message = reflect(schema, create(schema));
    fill(message, value, path, reading);
    return message;
  }
  if (!("scalar" in field) || field.scalar === undefined) throw new Error(`no reader for the setting ${field.name}`);
  return readScalar(field.scalar, value, path, environment, report);
}

function readDuration(schema: DescMessage, value: unknown, path: Path, { environment, report }: Reading): unknown {
  const form = 'must be a duration such as "500ms", "10s" or "10m"';
  if (typeof value !== "string") return report(path, `${form}, not ${kindOf(value as number)}.`);
  const text = fillText(value, path, environment, report);
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return report(path, `${form}.`);
  if (milliseconds > LONGEST_MS) return report(path, "must be at most 24 days.");
  return reflect(schema, create(schema, toDuration(milliseconds)));
}

/** Values of a plugin's own settings, whose types only the plugin's schema knows. */
function fillValues(value: JsonValue, path: Path, reading: Reading): JsonValue {
  if (typeof value === "string") return fillText(value, path, reading.environment, reading.report) ?? "";
  if (typeof value === "number" && !Number.isFinite(value)) {
    reading.report(path, "must be a number that JSON can hold.");
    return 0;
  }
  if (Array.isArray(value)) return value.map((item, index) => fillValues(item, [...path, index], reading));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, fillValues(member, [...path, key], reading)]),
  );
}
