import { isDeepStrictEqual } from "node:util";
import {
  create,
  type FunctionTool,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type ModelTraits,
  type Tool,
  ToolSchema,
} from "../../sdk/index.js";
import { asObject, asString, isString } from "./checks.js";
import { formOf, plain, restore, tellForeign, WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";
import { schemaFromGoogle } from "./schema-from-google.js";
import { schemaToGoogle } from "./schema-to-google.js";
import { DIALECT } from "./wire.js";

/**
 * Takes `tools`: https://ai.google.dev/api/caching#Tool. Each declared function is a tool, and so is each other member,
 * which the provider runs by itself; what lay together on the wire is noted by its number.
 */
export function takeTools(wire: WireObject, init: RequestInit): void {
  const list = wire.takeList("tools");
  if (list === undefined) return;
  if (list.length === 0) wire.noteAs("tools", []);
  init.tools = list.flatMap((value, at) => decodeGroup(plain(asObject(value, `tools[${at}]`)), at));
}

const DECLARATIONS = ["functionDeclarations", "function_declarations"];

function decodeGroup(group: JsonObject, at: number): Tool[] {
  const tools = Object.keys(group).flatMap((name) => {
    const value = group[name] as JsonValue;
    if (!DECLARATIONS.includes(name) || !Array.isArray(value) || value.length === 0) {
      return [opaque({ [name]: value }, at)];
    }
    return value.map((declaration, index) =>
      decodeFunction(
        asObject(declaration, `tools[${at}].${name}[${index}]`),
        `tools[${at}].${name}[${index}]`,
        at,
        name,
      ),
    );
  });
  return tools.length === 0 ? [opaque({}, at)] : tools;
}

function opaque(value: JsonObject, at: number): Tool {
  return create(ToolSchema, {
    kind: { case: "opaque", value: { dialect: DIALECT, value } },
    extensions: { [DIALECT]: { $form: { at } } },
  });
}

function decodeFunction(value: JsonObject, path: string, at: number, member: string): Tool {
  const wire = new WireObject(value, path);
  wire.note("at", at);
  if (member !== DECLARATIONS[0]) wire.note("member", member);
  const name = asString(wire.take("name"), wire.at("name"));
  const description = wire.takeIf("description", isString);
  const parameters = takeParameters(wire);
  const extensions = wire.extensions();
  return create(ToolSchema, {
    kind: {
      case: "function",
      value: { name, ...(description !== undefined && { description }), ...(parameters && { parameters }) },
    },
    ...(extensions && { extensions }),
  });
}

function takeParameters(wire: WireObject): JsonObject | undefined {
  const schema = wire.takeIf("parametersJsonSchema", isObject);
  if (schema !== undefined) return schema;
  const google = wire.takeIf("parameters", isObject);
  if (google === undefined) {
    wire.note("place", "absent");
    return undefined;
  }
  wire.note("place", "parameters");
  const converted = schemaFromGoogle(google);
  if (!isDeepStrictEqual(converted, google)) wire.note("parameters", google);
  return converted;
}

/** The tools that the wire can say. `own`: the request came in this dialect, so that they stay together as they were. */
export function encodeTools(tools: readonly Tool[], own: boolean, traits: ModelTraits, losses: Losses): JsonObject[] {
  // Strict calls are asked for by the choice of tools, and of all tools at once.
  const functions = tools.filter(({ kind }) => kind.case === "function");
  const allStrict = functions.every(({ kind }) => kind.case === "function" && kind.value.strict === true);
  const groups = new Map<JsonValue, JsonObject>();
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    const form = formOf(tool);
    if (tool.cache !== undefined) {
      losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
    }
    if (tool.kind.case === "function" && tool.kind.value.strict === true && !allStrict) {
      losses.drop(
        `${path}.function.strict`,
        "The target holds all tools to their schemas or none: not all are strict.",
      );
    }
    const written = encodeTool(tool, path, own, traits, losses);
    if (written === undefined) return;
    const alone = tool.kind.case === "opaque" ? `opaque ${index}` : "functions";
    const key = own ? (form.at ?? alone) : alone;
    const group = groups.get(key) ?? {};
    groups.set(key, group);
    if (tool.kind.case === "opaque") Object.assign(group, written);
    else {
      const member = own && isString(form.member) ? form.member : (DECLARATIONS[0] as string);
      const list = group[member];
      group[member] = Array.isArray(list) ? [...list, written] : [written];
    }
  });
  return [...groups.values()];
}

function encodeTool(
  tool: Tool,
  path: string,
  own: boolean,
  traits: ModelTraits,
  losses: Losses,
): JsonObject | undefined {
  const { kind } = tool;
  if (kind.case === "custom") {
    losses.drop(path, "The target calls tools with JSON only, not with free text.");
    return undefined;
  }
  if (kind.case === "opaque") {
    const { dialect, value = {} } = kind.value;
    if (dialect === DIALECT) return { ...value };
    losses.drop(path, `Only the dialect ${dialect} has this tool, and the target speaks ${DIALECT}.`);
    return undefined;
  }
  if (kind.case !== "function") return undefined;
  tellForeign(tool, path, losses);
  const out: JsonObject = { name: kind.value.name };
  if (kind.value.description !== undefined && (own || kind.value.description !== "")) {
    out.description = kind.value.description;
  }
  writeParameters(kind.value, formOf(tool), out, `${path}.function.parameters`, traits, losses);
  return restore(out, tool);
}

/**
 * The newest models take a JSON schema as it is in `parametersJsonSchema`
 * (https://ai.google.dev/api/caching#FunctionDeclaration); older ones take Google's own schema in `parameters`, and no
 * object without members there.
 */
function writeParameters(
  { parameters }: FunctionTool,
  form: JsonObject,
  out: JsonObject,
  path: string,
  traits: ModelTraits,
  losses: Losses,
): void {
  if (parameters === undefined) return;
  if (form.place === "parameters") {
    const google = isObject(form.parameters) ? form.parameters : parameters;
    if (isDeepStrictEqual(schemaFromGoogle(google), parameters)) {
      out.parameters = google;
      return;
    }
  }
  if (traits.jsonSchema !== false) {
    out.parametersJsonSchema = parameters;
    return;
  }
  const { schema, lost } = schemaToGoogle(parameters, path);
  if (lost.length > 0) losses.approximate(path, `The target's model does not know ${lost.join(", ")}: left out.`);
  if (isObject(schema.properties) && Object.keys(schema.properties).length > 0) out.parameters = schema;
}
