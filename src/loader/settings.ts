import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { isObject, type JsonObject, nearest } from "../sdk/index.js";

/** One thing that is wrong with a provider's settings. */
export interface SettingProblem {
  /** Where, from the settings' own root: `retry.limits[0]`. Empty for the settings as a whole. */
  readonly path: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** Settings with the schema's defaults filled in, and all that is wrong with them. */
export interface CheckedSettings {
  readonly settings: JsonObject;
  readonly problems: readonly SettingProblem[];
}

// Unknown keywords and formats of a plugin's schema are its own affair; they never stop the gateway.
const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  useDefaults: true,
  validateFormats: false,
  validateSchema: false,
  logger: false,
});
const compiled = new WeakMap<JsonObject, ValidateFunction>();

/** What is wrong with a JSON schema; undefined when it can be used. */
export function schemaProblem(schema: JsonObject): string | undefined {
  try {
    validator(schema);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Checks a provider's settings against the schema in its plugin's manifest (JSON schema 2020-12 and, for the keywords
 * that both have, draft 7). Gives every problem at once. The settings that are handed in stay as they are.
 */
export function checkSettings(schema: JsonObject | undefined, settings: JsonObject): CheckedSettings {
  if (schema === undefined) {
    const problems = Object.keys(settings).map((key) => ({ path: key, message: "The plugin takes no settings." }));
    return { settings, problems };
  }
  const copy = structuredClone(settings);
  const validate = validator(schema);
  if (validate(copy)) return { settings: copy, problems: [] };
  return { settings: copy, problems: (validate.errors ?? []).map((error) => toProblem(error, schema)) };
}

/** Texts of the settings that the plugin's schema marks as secret: `"writeOnly": true`, at whatever depth they hold them. */
export function secretSettings(schema: JsonObject | undefined, settings: JsonObject): string[] {
  if (!isObject(schema?.properties)) return [];
  return Object.entries(schema.properties).flatMap(([name, property]) =>
    isObject(property) && property.writeOnly === true ? textsIn(settings[name]) : [],
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function validator(schema: JsonObject): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  // Ajv knows one draft at a time and refuses another's name; its keywords are the same where settings need them.
  // An $id would be registered for ever, and the second plugin with the same one refused.
  const { $schema: _draft, $id: _id, ...rest } = schema;
  const validate = ajv.compile(rest);
  compiled.set(schema, validate);
  return validate;
}

function toProblem(error: ErrorObject, schema: JsonObject): SettingProblem {
  const path = pathOf(error.instancePath);
  const { keyword } = error;
  const params = error.params as Record<string, unknown>;
  if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
    const key = String(params.additionalProperty ?? params.unevaluatedProperty);
    const known = path === "" && isObject(schema.properties) ? Object.keys(schema.properties) : [];
    const near = nearest(key, known)[0];
    return {
      path: path === "" ? key : `${path}.${key}`,
      message: `It is not known.${near === undefined ? "" : ` Did you mean "${near}"?`}`,
    };
  }
  if (keyword === "required") {
    const key = String(params.missingProperty);
    return { path: path === "" ? key : `${path}.${key}`, message: "It is required." };
  }
  if (keyword === "enum" && Array.isArray(params.allowedValues)) {
    return {
      path,
      message: `It must be one of ${params.allowedValues.map((value) => JSON.stringify(value)).join(", ")}.`,
    };
  }
  return { path, message: `It ${error.message ?? "does not obey the plugin's schema"}.` };
}

/** A JSON pointer in the words of the configuration: `/limits/0/name` is `limits[0].name`. */
function pathOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === "" ? step : `${path}.${step}`), "");
}
