import { create, fromJson, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { isObject, type JsonObject, kindOf, nearest } from "../sdk/index.js";
import { parseDuration } from "./duration.js";
import { type Environment, fillVariables } from "./environment.js";

/** Where a value stands: the names and numbers that lead to it. */
export type Path = readonly (string | number)[];

/** Told of each thing that is wrong. */
export type Report = (path: Path, message: string, suggestion?: string) => void;

/**
 * Makes a message of a parsed file by walking its descriptor: no key and no type that it does not know passes, every
 * fault is reported, and variables are filled from the environment.
 */
export function decode<M extends Message>(
  schema: DescMessage & { readonly typeName: string },
  value: unknown,
  environment: Environment,
  report: Report,
): M {
  const message = reflect(schema, create(schema));
  fill(message, value, [], environment, report);
  return message.message as M;
}

function fill(message: ReflectMessage, value: unknown, path: Path, environment: Environment, report: Report): void {
  if (!isObject(value)) {
    report(path, `must be a mapping of settings, not ${kindOf(value as null)}.`);
    return;
  }
  const fields = new Map(message.fields.map((field) => [field.name, field]));
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, key];
    const field = fields.get(key);
    if (field === undefined) {
      const names = [...fields.keys()];
      const [near] = nearest(key, names);
      report(at, `is not a setting.${near === undefined ? ` Known are ${names.join(", ")}.` : ""}`, near);
    } else if (member === null) {
      report(at, `has no value. Give it ${expected(field)}, or leave it out.`);
    } else {
      fillField(message, field, member, at, environment, report);
    }
  }
}

function fillField(
  message: ReflectMessage,
  field: DescField,
  value: unknown,
  path: Path,
  environment: Environment,
  report: Report,
): void {
  const read = (one: unknown, at: Path): unknown => readOne(field, one, at, environment, report);
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) return report(path, `must be a list, not ${kindOf(value as null)}.`);
    const list = message.get(field);
    value.forEach((item, index) => {
      const made = read(item, [...path, index]);
      if (made !== undefined) list.add(made);
    });
  } else if (field.fieldKind === "map") {
    if (!isObject(value)) return report(path, `must be a mapping by name, not ${kindOf(value as null)}.`);
    const map = message.get(field);
    for (const [key, item] of Object.entries(value)) {
      const made = item === null ? report([...path, key], "has no value.") : read(item, [...path, key]);
      if (made !== undefined) map.set(key, made);
    }
  } else {
    const made = read(value, path);
    if (made !== undefined) message.set(field, made);
  }
}

/** One value of a field, of its list or of its map; undefined once its fault was reported. */
function readOne(field: DescField, value: unknown, path: Path, environment: Environment, report: Report): unknown {
  const schema = field.message;
  if (schema?.typeName === "google.protobuf.Duration") {
    const text = typeof value === "string" ? filled(value, path, environment, report) : undefined;
    const milliseconds = text === undefined ? undefined : parseDuration(text);
    if (milliseconds === undefined) return report(path, 'must be a duration such as "500ms", "10s" or "10m".');
    const nanos = Math.round((milliseconds % 1000) * 1_000_000);
    return reflect(schema, create(schema, { seconds: BigInt(Math.floor(milliseconds / 1000)), nanos }));
  }
  if (schema?.typeName === "google.protobuf.Struct") {
    if (!isObject(value)) return report(path, `must be a mapping of settings, not ${kindOf(value as null)}.`);
    return reflect(schema, fromJson(schema, fillStrings(value, path, environment, report) as JsonObject));
  }
  if (schema !== undefined) {
    const message = reflect(schema, create(schema));
    fill(message, value, path, environment, report);
    return message;
  }
  return readScalar(field, value, path, environment, report);
}

const INT32_MAX = 2_147_483_647;
const INT64_TYPE = 3;
const STRING_TYPE = 9;
const BOOL_TYPE = 8;

function readScalar(field: DescField, value: unknown, path: Path, environment: Environment, report: Report): unknown {
  const scalar = "scalar" in field ? field.scalar : undefined;
  const given = typeof value === "string" ? filled(value, path, environment, report) : value;
  if (given === undefined) return undefined;
  if (scalar === STRING_TYPE) {
    return typeof given === "string"
      ? given
      : report(path, `must be text, not ${kindOf(given as null)}. Put it in quotes.`);
  }
  if (scalar === BOOL_TYPE) {
    if (typeof given === "boolean") return given;
    if (given === "true" || given === "false") return given === "true";
    return report(path, "must be true or false.");
  }
  // A number that came out of a variable is text; one that was written as text in the file is not meant as one.
  const number = typeof given === "string" && given !== value && /^-?\d+$/.test(given) ? Number(given) : given;
  if (
    typeof number !== "number" ||
    !Number.isSafeInteger(number) ||
    (scalar !== INT64_TYPE && Math.abs(number) > INT32_MAX)
  ) {
    return report(path, `must be a whole number, not ${typeof given === "number" ? given : kindOf(given as null)}.`);
  }
  return scalar === INT64_TYPE ? BigInt(number) : number;
}

function filled(text: string, path: Path, environment: Environment, report: Report): string | undefined {
  const result = fillVariables(text, environment);
  for (const name of result.missing) {
    report(path, `needs the environment variable ${name}, which is not set. Set it, or write \${${name}:-default}.`);
  }
  return result.missing.length === 0 ? result.text : undefined;
}

function fillStrings(value: unknown, path: Path, environment: Environment, report: Report): unknown {
  if (typeof value === "string") return filled(value, path, environment, report) ?? "";
  if (Array.isArray(value)) return value.map((item, index) => fillStrings(item, [...path, index], environment, report));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, fillStrings(member, [...path, key], environment, report)]),
  );
}

function expected(field: DescField): string {
  if (field.fieldKind === "list") return "a list";
  if (field.fieldKind === "map") return "a mapping by name";
  if (field.message?.typeName === "google.protobuf.Duration") return 'a duration such as "10s"';
  return field.fieldKind === "message" ? "a mapping of settings" : "a value";
}
