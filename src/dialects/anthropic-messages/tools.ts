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
import { encodeCacheControl, takeCacheControl } from "./cache-control.js";
import { asObject, asString, isString } from "./checks.js";
import { plain, restore, tellForeign, WireObject } from "./own.js";
import { sanitizeSchema } from "./sanitize-schema.js";
import { DIALECT } from "./wire.js";

/** A tool definition; one that the provider runs or knows by a type of its own is kept whole. */
export function decodeTool(value: JsonValue, path: string): Tool {
  const tool = plain(asObject(value, path)) as JsonObject;
  if (tool.type !== undefined && tool.type !== null && tool.type !== "custom") {
    return create(ToolSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value: tool } } });
  }
  const wire = new WireObject(tool, path);
  // Written anew only where it was: it says nothing.
  const type = wire.take("type");
  if (type !== undefined) wire.noteAs("type", type);
  const name = asString(wire.take("name"), `${path}.name`);
  const description = wire.takeIf("description", isString);
  const parameters = wire.takeIf("input_schema", isObject);
  if (parameters === undefined && wire.peek("input_schema") === undefined) wire.noteWithout("input_schema");
  const strict = wire.takeIf("strict", (flag): flag is boolean => typeof flag === "boolean");
  const cache = takeCacheControl(wire);
  const extensions = wire.extensions();
  const definition = {
    name,
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
    ...(strict !== undefined && { strict }),
  };
  return create(ToolSchema, {
    kind: { case: "function", value: definition },
    ...(cache && { cache }),
    ...(extensions && { extensions }),
  });
}

/** The tools that the wire can say. `allowed`: names of those that may be called, where not all may. `own`: the request came in this dialect, so that its schemas stay as they are. */
export function encodeTools(
  tools: readonly Tool[],
  allowed: ReadonlySet<string> | undefined,
  own: boolean,
  traits: ModelTraits,
  losses: Losses,
): JsonObject[] {
  return tools.flatMap<JsonObject>((tool, index) => {
    const path = `tools[${index}]`;
    const { kind } = tool;
    if (allowed !== undefined && kind.case !== "opaque" && !allowed.has(kind.value?.name ?? "")) {
      losses.approximate(path, "The target is told of no tools but those that may be called.");
      return [];
    }
    return encodeTool(tool, path, own, traits, losses) ?? [];
  });
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
    if (dialect !== DIALECT) {
      losses.drop(path, `Only the dialect ${dialect} has this tool, and the target speaks ${DIALECT}.`);
      return undefined;
    }
    return { ...value, ...(tool.cache && { cache_control: encodeCacheControl(tool.cache, path, losses) }) };
  }
  if (kind.case !== "function") return undefined;
  tellForeign(tool, path, losses);
  const out: JsonObject = { name: kind.value.name };
  // An empty description is refused by some carriers of the dialect, and says nothing.
  if (kind.value.description !== undefined && (own || kind.value.description !== ""))
    out.description = kind.value.description;
  const strict = takesStrict(kind.value, path, traits, losses);
  out.input_schema = inputSchema(kind.value.parameters, strict && !own, `${path}.function.parameters`, losses);
  if (kind.value.strict !== undefined && (strict || traits.jsonSchema !== false)) out.strict = kind.value.strict;
  if (tool.cache !== undefined) out.cache_control = encodeCacheControl(tool.cache, path, losses);
  return restore(out, tool);
}

function takesStrict(tool: FunctionTool, path: string, traits: ModelTraits, losses: Losses): boolean {
  if (tool.strict !== true) return false;
  if (traits.jsonSchema !== false) return true;
  losses.drop(`${path}.function.strict`, "The target's model does not obey schemas by itself.");
  return false;
}

function inputSchema(parameters: JsonObject | undefined, strict: boolean, path: string, losses: Losses): JsonObject {
  if (parameters === undefined) return { type: "object", properties: {} };
  if (!strict) return parameters;
  const { schema, moved } = sanitizeSchema(parameters);
  if (moved.length === 0) {
    if (!isDeepStrictEqual(schema, parameters))
      losses.approximate(path, "The target enforces schemas of closed objects only: others are closed.");
  } else losses.approximate(path, `The target does not enforce ${moved.join(", ")}: told in descriptions.`);
  return schema;
}
