import {
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  type Part,
  PartSchema,
  RawJson,
  textOf,
} from "../../sdk/index.js";
import { asArray, asBoolean, asObject, asString, isString } from "./checks.js";
import { takeCacheControl } from "./cache-control.js";
import { decodeCitation } from "./citations.js";
import { fromBase64 } from "./media.js";
import { plain, WireObject } from "./own.js";
import { DIALECT } from "./wire.js";
import { unseal } from "../sealed-part.js";

/**
 * A content block as a part: https://platform.claude.com/docs/en/api/messages. A block that only this dialect has
 * (what the provider's own tools did, search results, compactions) is kept whole as an opaque part.
 */
export function decodePart(value: JsonValue, path: string): Part {
  const block = asObject(value, path);
  switch (asString(block.type, `${path}.type`)) {
    case "text":
      return decodeText(block, path);
    case "image":
      return decodeImage(block, path) ?? opaque(block);
    case "document":
      return decodeDocument(block, path) ?? opaque(block);
    case "tool_use":
      return decodeToolUse(block, path);
    case "tool_result":
      return decodeToolResult(block, path);
    case "thinking":
      return decodeThinking(block, path);
    case "redacted_thinking":
      return decodeRedacted(block, path);
    default:
      return opaque(block);
  }
}

function finished(wire: WireObject, kind: NonNullable<Parameters<typeof create<typeof PartSchema>>[1]>["kind"]): Part {
  const cache = takeCacheControl(wire);
  const extensions = wire.extensions();
  return create(PartSchema, { kind, ...(cache && { cache }), ...(extensions && { extensions }) } as never);
}

function open(block: JsonObject, path: string): WireObject {
  const wire = new WireObject(block, path);
  wire.take("type");
  return wire;
}

function decodeText(block: JsonObject, path: string): Part {
  const wire = open(block, path);
  const text = asString(wire.take("text"), `${path}.text`);
  // Encoders leave empty texts out, as the wire refuses them in a request.
  if (text === "") wire.note("empty", true);
  const list = wire.takeIf("citations", (value): value is JsonValue[] => Array.isArray(value));
  if (list?.length === 0) wire.noteAs("citations", []);
  const citations = (list ?? []).map((citation, index) => decodeCitation(citation, `${path}.citations[${index}]`));
  return finished(wire, { case: "text", value: { text, citations } });
}

function decodeImage(block: JsonObject, path: string): Part | undefined {
  const wire = open(block, path);
  const source = wire.take("source");
  if (!isObject(source)) return undefined;
  const { type, ...others } = source;
  if (type === "base64" && isString(source.data)) {
    const { data, media_type: mediaType, ...rest } = others;
    const { bytes, canonical } = fromBase64(data as string);
    const kept: JsonObject = rest;
    // Written as it was: the encoder would put right what is off.
    if (!canonical || mediaType === "image/jpg")
      wire.note("source", { data: data as string, media_type: mediaType ?? null });
    if (!isString(mediaType) && mediaType !== undefined) kept.media_type = mediaType;
    if (mediaType === undefined) wire.note("media_type", "absent");
    if (Object.keys(kept).length > 0) wire.keep("source", kept);
    return finished(wire, {
      case: "image",
      value: { source: { case: "data", value: bytes }, ...(isString(mediaType) && { mediaType }) },
    });
  }
  const place = placeOf(type, others);
  if (place === undefined) return undefined;
  if (Object.keys(place.rest).length > 0) wire.keep("source", place.rest);
  return finished(wire, { case: "image", value: { source: place.source } });
}

function decodeDocument(block: JsonObject, path: string): Part | undefined {
  const wire = open(block, path);
  const source = wire.take("source");
  if (!isObject(source)) return undefined;
  const filename = wire.takeIf("title", isString);
  const named = filename === undefined ? {} : { filename };
  const { type, ...others } = source;
  if ((type === "base64" || type === "text") && isString(source.data)) {
    const { data, media_type: mediaType, ...rest } = others;
    const kept: JsonObject = rest;
    if (!isString(mediaType) && mediaType !== undefined) kept.media_type = mediaType;
    if (mediaType === undefined) wire.note("media_type", "absent");
    const typed = isString(mediaType) ? { mediaType } : {};
    if (type === "text") {
      if (Object.keys(kept).length > 0) wire.keep("source", kept);
      return finished(wire, {
        case: "file",
        value: { source: { case: "text", value: data as string }, ...named, ...typed },
      });
    }
    const { bytes, canonical } = fromBase64(data as string);
    if (!canonical || mediaType !== "application/pdf")
      wire.note("source", { data: data as string, media_type: mediaType ?? null });
    if (Object.keys(kept).length > 0) wire.keep("source", kept);
    return finished(wire, { case: "file", value: { source: { case: "data", value: bytes }, ...named, ...typed } });
  }
  const place = placeOf(type, others);
  if (place === undefined) return undefined;
  if (Object.keys(place.rest).length > 0) wire.keep("source", place.rest);
  return finished(wire, { case: "file", value: { source: place.source, ...named } });
}

type Place = { case: "url"; value: string } | { case: "fileId"; value: string };

/** Where a picture or document lies, when it is not in the request; undefined for a source of another type. */
function placeOf(type: JsonValue | undefined, source: JsonObject): { source: Place; rest: JsonObject } | undefined {
  const { url, file_id: fileId, ...rest } = source;
  if (type === "url" && isString(url) && fileId === undefined) return { source: { case: "url", value: url }, rest };
  if (type === "file" && isString(fileId) && url === undefined)
    return { source: { case: "fileId", value: fileId }, rest };
  return undefined;
}

function decodeToolUse(block: JsonObject, path: string): Part {
  const wire = open(block, path);
  const id = asString(wire.take("id"), `${path}.id`);
  const name = asString(wire.take("name"), `${path}.name`);
  const input = wire.take("input");
  if (!((input as unknown) instanceof RawJson)) asObject(input, `${path}.input`);
  return finished(wire, { case: "toolCall", value: { id, name, arguments: textOf(input) } });
}

function decodeToolResult(block: JsonObject, path: string): Part {
  const wire = open(block, path);
  const toolCallId = asString(wire.take("tool_use_id"), `${path}.tool_use_id`);
  const content = takeContent(wire);
  const isError = wire.take("is_error");
  if (isError === null) wire.keep("is_error", null);
  const failed = isError === undefined || isError === null ? {} : { isError: asBoolean(isError, `${path}.is_error`) };
  return finished(wire, { case: "toolResult", value: { toolCallId, content, ...failed } });
}

function decodeThinking(block: JsonObject, path: string): Part {
  const wire = open(block, path);
  const text = asString(wire.take("thinking"), `${path}.thinking`);
  const signature = wire.takeIf("signature", isString);
  const sealed = signature === undefined ? undefined : unseal(signature);
  if (sealed?.kind.case === "reasoning") {
    return { ...sealed, kind: { case: "reasoning", value: { ...sealed.kind.value, text } } };
  }
  return finished(wire, {
    case: "reasoning",
    value: { text, dialect: DIALECT, ...(signature !== undefined && { signature }) },
  });
}

function decodeRedacted(block: JsonObject, path: string): Part {
  const wire = open(block, path);
  const encryptedContent = asString(wire.take("data"), `${path}.data`);
  return finished(wire, { case: "reasoning", value: { text: "", encryptedContent, dialect: DIALECT } });
}

/** A block that only this dialect has. Numbers in the input of the provider's own tools are kept as they were written. */
export function opaque(block: JsonObject): Part {
  const exact = (block.input as unknown) instanceof RawJson ? { $form: { input: textOf(block.input) } } : undefined;
  return create(PartSchema, {
    kind: { case: "opaque", value: { dialect: DIALECT, value: plain(block) as JsonObject } },
    ...(exact && { extensions: { [DIALECT]: exact } }),
  });
}

/**
 * The member `content` as parts: a string, or blocks. One text alone is written as a string, so that blocks of one
 * text are what is noted.
 */
export function takeContent(wire: WireObject): Part[] {
  const content = wire.take("content");
  if (content === undefined || content === null || content === "") {
    if (content === undefined) wire.noteWithout("content");
    else wire.note("content", content);
    return [];
  }
  if (isString(content)) return [create(PartSchema, { kind: { case: "text", value: { text: content } } })];
  const parts = asArray(content, wire.at("content")).map((block, index) =>
    decodePart(block, `${wire.at("content")}[${index}]`),
  );
  if (parts.length === 0 || (parts.length === 1 && isBareText(parts[0] as Part))) wire.note("content", "blocks");
  return parts;
}

/** Whether a part is text and nothing but text, so that a string can stand for it. */
export function isBareText(part: Part): boolean {
  const { kind, cache, extensions } = part;
  return kind.case === "text" && kind.value.text !== "" && kind.value.citations.length === 0 && !cache && !extensions;
}
