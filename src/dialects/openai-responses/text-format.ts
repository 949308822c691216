import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type ModelTraits,
  type ResponseFormat,
  ResponseFormatSchema,
} from "../../sdk/index.js";
import { asBoolean, asObject, asString, isString } from "../openai-chat/checks.js";
import { restore, tellForeign, WireObject } from "./own.js";

/** `text.format`; undefined for a form that the vocabulary does not know. */
export function decodeFormat(value: JsonValue): ResponseFormat | undefined {
  const path = "text.format";
  const wire = new WireObject(asObject(value, path), path);
  const type = asString(wire.take("type"), `${path}.type`);
  wire.note("own", true);
  if (type === "text" || type === "json_object") {
    const extensions = wire.extensions();
    return create(ResponseFormatSchema, {
      kind: { case: type === "text" ? "text" : "jsonObject", value: {} },
      ...(extensions && { extensions }),
    });
  }
  if (type !== "json_schema") return undefined;
  const name = wire.take("name");
  const description = wire.takeIf("description", isString);
  const schema = wire.take("schema");
  const strict = wire.take("strict");
  const extensions = wire.extensions();
  return create(ResponseFormatSchema, {
    kind: {
      case: "jsonSchema",
      value: {
        ...(name !== undefined && { name: asString(name, `${path}.name`) }),
        ...(description !== undefined && { description }),
        ...(schema !== undefined && { schema: asObject(schema, `${path}.schema`) }),
        ...(strict !== undefined && { strict: asBoolean(strict, `${path}.strict`) }),
      },
    },
    ...(extensions && { extensions }),
  });
}

/** `text.format` */
export function encodeFormat(format: ResponseFormat, traits: ModelTraits, losses: Losses): JsonObject {
  tellForeign(format, "response_format", losses);
  const { kind } = format;
  if (kind.case !== "jsonSchema") return restore({ type: kind.case === "jsonObject" ? "json_object" : "text" }, format);
  if (traits.jsonSchema === false) {
    losses.approximate(
      "response_format.json_schema",
      "The target's model obeys no schema by itself; any JSON object is asked for.",
    );
    return { type: "json_object" };
  }
  const { name, description, schema, strict } = kind.value;
  const out: JsonObject = { type: "json_schema" };
  // The dialect's owner requires a name; a caller of this dialect that gave none meant none.
  if (name !== undefined) out.name = name;
  else if (!isObject(format.extensions)) out.name = "response";
  if (description !== undefined) out.description = description;
  if (schema !== undefined) out.schema = schema;
  if (strict !== undefined) out.strict = strict;
  return restore(out, format);
}
