import {
  type EmbeddingInput,
  type EmbeddingRequest,
  extensionsOf,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
} from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/** Writes a request for a target. */
export function encodeRequest(
  request: EmbeddingRequest,
  target: { readonly model: string; readonly losses: Losses },
): string {
  const { $form, ...fields } = extensionsOf(request, DIALECT) ?? {};
  const form = isObject($form) ? $form : {};
  for (const dialect of Object.keys(request.extensions ?? {})) {
    const others = request.extensions?.[dialect];
    if (dialect === DIALECT || !isObject(others)) continue;
    for (const name of Object.keys(others)) {
      if (name.startsWith("$") || others[name] === null) continue;
      target.losses.drop(`extensions.${dialect}.${name}`, `Only the dialect ${dialect} has this field.`);
    }
  }
  const inputs = request.inputs.map(writeInput);
  const out: JsonObject = {
    ...fields,
    model: target.model,
    input: form.input === "one" && inputs.length === 1 ? (inputs[0] as JsonValue) : inputs,
  };
  if (form.encoding_format !== undefined) out.encoding_format = form.encoding_format;
  if (request.dimensions !== undefined) out.dimensions = request.dimensions;
  else if (form.dimensions === null) out.dimensions = null;
  if (request.endUser !== undefined) out.user = request.endUser;
  else if (form.user === null) out.user = null;
  return JSON.stringify(out);
}

function writeInput(input: EmbeddingInput): JsonValue {
  return input.kind.case === "tokens" ? [...input.kind.value.ids] : (input.kind.value ?? "");
}
