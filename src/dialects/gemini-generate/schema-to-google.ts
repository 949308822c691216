import { invalid, isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";

/** Keywords that the wire's own schema has and means as JSON schema does. */
const SAME: ReadonlySet<string> = new Set([
  "title",
  "description",
  "format",
  "enum",
  "required",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "default",
  "propertyOrdering",
]);
/** Keywords that say nothing of what is allowed, so that nobody misses them. */
const SILENT: ReadonlySet<string> = new Set(["$schema", "$id", "$comment", "$defs", "definitions", "$anchor"]);

/** A schema on its way to the wire. */
interface Walk {
  readonly root: JsonObject;
  readonly path: string;
  readonly lost: Set<string>;
  /** References that are being followed. */
  readonly open: readonly string[];
}

/**
 * JSON schema as Google's schema, for models that take no other: references are put in, a constant is an enum of one,
 * a type that may be null is nullable, `oneOf` is `anyOf`. `lost` names keywords that could not be said.
 * Throws `invalid_request` for a schema that refers to itself, which has no end here.
 */
export function schemaToGoogle(schema: JsonObject, path: string): { schema: JsonObject; lost: string[] } {
  const lost = new Set<string>();
  const out = convert(schema, { root: schema, path, lost, open: [] });
  return { schema: out, lost: [...lost].sort() };
}

function convert(schema: JsonObject, walk: Walk): JsonObject {
  if (typeof schema.$ref === "string") return follow(schema.$ref, schema, walk);
  const out: JsonObject = {};
  for (const name in schema) writeKeyword(name, schema[name] as JsonValue, out, walk);
  return textEnum(out, walk);
}

function writeKeyword(name: string, value: JsonValue, out: JsonObject, walk: Walk): void {
  if (SAME.has(name)) out[name] ??= value;
  else if (name === "type") writeType(value, out);
  else if (name === "const") out.enum = [value];
  else if (name === "properties" && isObject(value)) {
    const properties: JsonObject = {};
    for (const key in value) properties[key] = any(value[key] as JsonValue, walk);
    out.properties = properties;
  } else if (name === "items" && isObject(value)) out.items = convert(value, walk);
  else if ((name === "anyOf" || name === "oneOf") && Array.isArray(value)) writeAny(value, out, walk);
  else if (name === "allOf" && Array.isArray(value)) writeAll(value, out, walk);
  else if (!SILENT.has(name)) walk.lost.add(name);
}

function any(value: JsonValue, walk: Walk): JsonValue {
  if (isObject(value)) return convert(value, walk);
  // `true` allows anything.
  return {};
}

function writeType(value: JsonValue, out: JsonObject): void {
  const types = (Array.isArray(value) ? value : [value]).filter((type): type is string => typeof type === "string");
  const others = types.filter((type) => type !== "null");
  if (others.length < types.length) out.nullable = true;
  const [only] = others;
  if (others.length === 1 && only !== undefined) out.type = only.toUpperCase();
  else if (others.length > 1) out.anyOf = others.map((type) => ({ type: type.toUpperCase() }));
}

function writeAny(value: readonly JsonValue[], out: JsonObject, walk: Walk): void {
  const members = value.map((member) => any(member, walk)) as JsonObject[];
  const others = members.filter((member) => !isNull(member));
  if (others.length < members.length) out.nullable = true;
  const [only] = others;
  if (others.length === 1 && only !== undefined) {
    for (const name in only) out[name] ??= only[name] as JsonValue;
  } else out.anyOf = others;
}

function isNull(schema: JsonObject): boolean {
  return schema.nullable === true && Object.keys(schema).length === 1;
}

/** The wire has no `allOf`: members that do not contradict each other are joined. */
function writeAll(value: readonly JsonValue[], out: JsonObject, walk: Walk): void {
  for (const member of value) {
    const part = any(member, walk) as JsonObject;
    for (const name in part) {
      const mine = out[name];
      const theirs = part[name] as JsonValue;
      if (mine === undefined) out[name] = theirs;
      else if (isObject(mine) && isObject(theirs)) out[name] = { ...mine, ...theirs };
      else if (name === "required" && Array.isArray(mine) && Array.isArray(theirs)) {
        out[name] = [...new Set([...mine, ...theirs])];
      } else if (JSON.stringify(mine) !== JSON.stringify(theirs)) walk.lost.add("allOf");
    }
  }
}

/** The wire has enums of texts only. */
function textEnum(out: JsonObject, walk: Walk): JsonObject {
  if (!Array.isArray(out.enum)) return out;
  const values = out.enum.filter((value) => value !== null);
  if (values.length < out.enum.length) out.nullable = true;
  if (values.every((value) => typeof value === "string")) {
    out.enum = values;
    out.type ??= "STRING";
    return out;
  }
  walk.lost.add("enum");
  const { enum: _, ...others } = out;
  return others;
}

function follow(reference: string, schema: JsonObject, walk: Walk): JsonObject {
  if (walk.open.includes(reference)) {
    throw invalid(walk.path, `${walk.path} refers to itself at ${reference}, which the target's model cannot take.`);
  }
  const target = resolve(reference, walk.root);
  if (target === undefined) {
    throw invalid(walk.path, `${walk.path} refers to ${reference}, which is not in it.`);
  }
  const { $ref: _, ...beside } = schema;
  return convert({ ...target, ...beside }, { ...walk, open: [...walk.open, reference] });
}

function resolve(reference: string, root: JsonObject): JsonObject | undefined {
  if (!reference.startsWith("#")) return undefined;
  let at: JsonValue | undefined = root;
  for (const step of reference.slice(1).split("/").filter(Boolean)) {
    const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isObject(at) ? at[name] : undefined;
  }
  return isObject(at) ? at : undefined;
}
