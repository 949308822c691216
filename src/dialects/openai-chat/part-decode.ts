import {
  create,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type Part,
  PartSchema,
} from "../../sdk/index.js";
import { takeCacheControl } from "./cache-control.js";
import { asObject, asString, isString } from "./checks.js";
import { readDataUrl } from "./data-url.js";
import { WireObject } from "./own.js";
import { DIALECT } from "./wire.js";

type Kind = NonNullable<MessageInitShape<typeof PartSchema>["kind"]>;

/** One piece of a `content` array. A piece of an unknown type is kept whole, for targets of this dialect. */
export function decodeContentPart(value: JsonValue, path: string): Part {
  const wire = new WireObject(asObject(value, path), path);
  const type = asString(wire.take("type"), wire.at("type"));
  const reader = READERS[type];
  const kind = reader?.(wire);
  return kind === undefined ? opaquePart(value as JsonObject) : finishPart(wire, kind);
}

/** A piece that only this dialect has. */
export function opaquePart(value: JsonObject): Part {
  return create(PartSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value } } });
}

/** The part for what was read, with all that was not. */
export function finishPart(wire: WireObject, kind: Kind): Part {
  const cache = takeCacheControl(wire);
  const extensions = wire.extensions();
  return create(PartSchema, { kind, ...(cache && { cache }), ...(extensions && { extensions }) });
}

/** Readers by the piece's type. Undefined means that the piece is not of a shape that the vocabulary can hold. */
const READERS: Readonly<Record<string, (wire: WireObject) => Kind | undefined>> = {
  text: (wire) => ({ case: "text", value: { text: asString(wire.take("text"), wire.at("text")) } }),
  refusal: (wire) => ({ case: "refusal", value: { text: asString(wire.take("refusal"), wire.at("refusal")) } }),
  image_url: readImage,
  input_audio: readAudio,
  file: readFile,
  document_url: readDocument,
  thinking: readThinking,
};

function readImage(wire: WireObject): Kind {
  const path = wire.at("image_url");
  const value = wire.take("image_url");
  // A bare string is the form of some servers of the dialect.
  if (isString(value)) {
    wire.note("image_url", "string");
    return { case: "image", value: imageSource(wire, value) };
  }
  const { url, detail, ...others } = asObject(value, path);
  if (Object.keys(others).length > 0) wire.keep("image_url", others);
  if (detail !== undefined && detail !== null) asString(detail, `${path}.detail`);
  const image = imageSource(wire, asString(url, `${path}.url`));
  return { case: "image", value: isString(detail) ? { ...image, detail } : image };
}

type ImageInit = Extract<Kind, { case: "image" }>["value"];

function imageSource(wire: WireObject, url: string): ImageInit {
  const data = readDataUrl(url);
  if (data === undefined) return { source: { case: "url", value: url } };
  rememberBase64(wire, url, data.data);
  return { source: { case: "data", value: data.data }, mediaType: data.mediaType };
}

/** Base64 with line breaks or without padding is not what we would write: then the text itself is remembered. */
function rememberBase64(wire: WireObject, text: string, data: Uint8Array): void {
  const start = text.startsWith("data:") ? text.indexOf(",") + 1 : 0;
  const canonical = Math.ceil(data.length / 3) * 4;
  if (text.length - start !== canonical || !/^[A-Za-z0-9+/]*={0,2}$/.test(text.slice(start))) wire.note("text", text);
}

function readAudio(wire: WireObject): Kind {
  const path = wire.at("input_audio");
  const { data, format, ...others } = asObject(wire.take("input_audio"), path);
  if (Object.keys(others).length > 0) wire.keep("input_audio", others);
  const text = asString(data, `${path}.data`);
  const bytes = Buffer.from(text, "base64");
  rememberBase64(wire, text, bytes);
  return {
    case: "audio",
    value: { source: { case: "data", value: bytes }, format: asString(format, `${path}.format`) },
  };
}

function readFile(wire: WireObject): Kind | undefined {
  const path = wire.at("file");
  const { file_data, file_id, filename, ...others } = asObject(wire.take("file"), path);
  if (Object.keys(others).length > 0) wire.keep("file", others);
  const named = isString(filename) ? { filename } : {};
  if (isString(file_id) && file_data === undefined) {
    return { case: "file", value: { source: { case: "fileId", value: file_id }, ...named } };
  }
  if (!isString(file_data)) throw invalid(path, `${path} must hold file_data or file_id.`);
  const data = readDataUrl(file_data);
  if (data !== undefined && file_id === undefined) {
    rememberBase64(wire, file_data, data.data);
    return { case: "file", value: { source: { case: "data", value: data.data }, mediaType: data.mediaType, ...named } };
  }
  if (!file_data.startsWith("http") || file_id !== undefined) return undefined;
  wire.note("file_data", "url");
  return { case: "file", value: { source: { case: "url", value: file_data }, ...named } };
}

function readDocument(wire: WireObject): Kind | undefined {
  const url = wire.take("document_url");
  if (!isString(url)) return undefined;
  wire.note("type", "document_url");
  return { case: "file", value: { source: { case: "url", value: url } } };
}

/** Reasoning as a piece of content: https://docs.mistral.ai/capabilities/reasoning/ */
function readThinking(wire: WireObject): Kind | undefined {
  const pieces = wire.take("thinking");
  if (isString(pieces)) {
    wire.note("thinking", "string");
    return { case: "reasoning", value: { text: pieces, dialect: DIALECT } };
  }
  const text = thinkingText(pieces);
  if (text === undefined) return undefined;
  wire.note("thinking", formOfThinking(pieces as JsonValue[]));
  return { case: "reasoning", value: { text, dialect: DIALECT } };
}

/** Pieces that are more than one text are remembered whole. */
function formOfThinking(pieces: JsonValue[]): JsonValue {
  const [only, ...others] = pieces;
  if (only === undefined) return "empty";
  const plain = isObject(only) && only.type === "text" && isString(only.text) && Object.keys(only).length === 2;
  return plain && others.length === 0 ? "array" : pieces;
}

/**
 * The text of `thinking`: itself, or that of its pieces, of which some are references to sources and have none.
 * Undefined where it has no text at all but is not empty.
 */
export function thinkingText(pieces: JsonValue | undefined): string | undefined {
  if (isString(pieces)) return pieces;
  if (!Array.isArray(pieces)) return undefined;
  const texts = pieces.flatMap((piece) => (isObject(piece) && isString(piece.text) ? [piece.text] : []));
  return texts.length === 0 && pieces.length > 0 ? undefined : texts.join("");
}
