import {
  create,
  type EmbeddingInput,
  EmbeddingInputSchema,
  type EmbeddingRequest,
  EmbeddingRequestSchema,
  invalid,
  isObject,
  type JsonValue,
  kindOf,
} from "../../sdk/index.js";
import { DIALECT, MAX_INT32 } from "./wire.js";

/** Reads a caller's request. Throws `invalid_request` that names the field. */
export function decodeRequest(text: string): EmbeddingRequest {
  const body = parse(text);
  const { model, input, dimensions, user, parlance, ...others } = body;
  const request = create(EmbeddingRequestSchema);
  const form: Record<string, JsonValue> = {};
  if (typeof model !== "string" || model === "")
    throw invalid("model", `model must be the name of a model, not ${kindOf(model)}.`);
  request.model = model;
  request.inputs = readInputs(input, form);
  if (dimensions === null) form.dimensions = null;
  else if (dimensions !== undefined) request.dimensions = readDimensions(dimensions);
  if (user === null) form.user = null;
  else if (user !== undefined) {
    if (typeof user !== "string") throw invalid("user", `user must be a string, not ${kindOf(user)}.`);
    request.endUser = user;
  }
  // How vectors travel is the wire's business: the vocabulary has numbers.
  if (others.encoding_format !== undefined) {
    const format = others.encoding_format;
    if (format !== null && format !== "float" && format !== "base64") {
      throw invalid("encoding_format", 'encoding_format must be "float" or "base64".');
    }
    form.encoding_format = format;
    delete others.encoding_format;
  }
  if (isObject(parlance) && typeof parlance.strict === "boolean") request.strict = parlance.strict;
  const fields = Object.keys(form).length > 0 ? { ...others, $form: form } : others;
  if (Object.keys(fields).length > 0) request.extensions = { [DIALECT]: fields };
  return request;
}

function parse(text: string): Record<string, JsonValue> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid("body", "The body is not valid JSON.");
  }
  if (!isObject(body)) throw invalid("body", `The body must be a JSON object, not ${kindOf(body as JsonValue)}.`);
  return body;
}

function readDimensions(value: JsonValue): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_INT32) return value;
  throw invalid("dimensions", "dimensions must be a whole number of at least 1.");
}

/** One text, one list of token ids, or a list of either. */
function readInputs(input: JsonValue | undefined, form: Record<string, JsonValue>): EmbeddingInput[] {
  if (typeof input === "string") {
    form.input = "one";
    return [textInput(input)];
  }
  if (!Array.isArray(input)) throw invalid("input", `input must be a string or an array, not ${kindOf(input)}.`);
  if (input.length === 0) throw invalid("input", "input must hold at least one thing to embed.");
  if (typeof input[0] === "number") {
    form.input = "one";
    return [tokenInput(input, "input")];
  }
  return input.map((item, index) => {
    if (typeof item === "string") return textInput(item);
    if (Array.isArray(item)) return tokenInput(item, `input[${index}]`);
    throw invalid(`input[${index}]`, `input[${index}] must be a string or an array of token ids, not ${kindOf(item)}.`);
  });
}

function textInput(text: string): EmbeddingInput {
  return create(EmbeddingInputSchema, { kind: { case: "text", value: text } });
}

function tokenInput(ids: readonly JsonValue[], path: string): EmbeddingInput {
  ids.forEach((id, index) => {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > MAX_INT32) {
      throw invalid(`${path}[${index}]`, `${path}[${index}] must be a token id, a whole number.`);
    }
  });
  return create(EmbeddingInputSchema, { kind: { case: "tokens", value: { ids: ids as number[] } } });
}
