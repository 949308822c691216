import {
  create,
  invalid,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type Part,
  PartSchema,
  type TokenLogprob,
} from "../../sdk/index.js";
import { takeCacheBreakpoint } from "./cache-breakpoint.js";
import { asArray, asObject, asString, isString } from "../openai-chat/checks.js";
import { decodeAnnotation } from "./citations.js";
import { readDataUrl } from "./data-url.js";
import { decodeTokens, encodeTokens } from "./logprobs.js";
import { WireObject } from "./own.js";
import { DIALECT } from "./wire.js";
import { isDeepStrictEqual } from "node:util";

type Kind = NonNullable<MessageInitShape<typeof PartSchema>["kind"]>;

/** A piece of content, taken apart but not yet a part: what is its own may still grow. */
export interface Piece {
  readonly kind: Kind;
  readonly wire: WireObject;
}

/**
 * One piece of a `content` or `output` array. A piece of an unknown type is kept whole, for targets of this dialect.
 * `tokens` takes the log probabilities of an answer's text; without it they stay where they are.
 */
export function decodePiece(value: JsonValue, path: string, tokens?: TokenLogprob[]): Piece {
  const object = asObject(value, path);
  const wire = new WireObject(object, path);
  const type = asString(wire.take("type"), wire.at("type"));
  const kind = READERS[type]?.(wire, tokens);
  return kind === undefined ? opaquePiece(object, path) : { kind, wire };
}

function opaquePiece(value: JsonObject, path: string): Piece {
  const wire = new WireObject({}, path);
  wire.note("place", "content");
  return { kind: { case: "opaque", value: { dialect: DIALECT, value } }, wire };
}

/** The same as a part. */
export function decodeContentPart(value: JsonValue, path: string): Part {
  return finishPiece(decodePiece(value, path));
}

/** The part of a piece, with all that was not read. */
export function finishPiece({ kind, wire }: Piece): Part {
  const cache = takeCacheBreakpoint(wire);
  const extensions = wire.extensions();
  return create(PartSchema, { kind, ...(cache && { cache }), ...(extensions && { extensions }) });
}

/** Readers by the piece's type. Undefined means that the piece is not of a shape that the vocabulary can hold. */
const READERS: Readonly<Record<string, (wire: WireObject, tokens?: TokenLogprob[]) => Kind | undefined>> = {
  input_text: (wire) => {
    wire.note("type", "input_text");
    return { case: "text", value: { text: asString(wire.take("text"), wire.at("text")) } };
  },
  output_text: readOutputText,
  refusal: (wire) => ({ case: "refusal", value: { text: asString(wire.take("refusal"), wire.at("refusal")) } }),
  input_image: readImage,
  input_audio: readAudio,
  input_file: readFile,
};

function readOutputText(wire: WireObject, tokens: TokenLogprob[] | undefined): Kind {
  wire.note("type", "output_text");
  const text = asString(wire.take("text"), wire.at("text"));
  const annotations = wire.take("annotations");
  const citations =
    annotations === undefined
      ? []
      : asArray(annotations, wire.at("annotations")).map((item, index) =>
          decodeAnnotation(item, `${wire.at("annotations")}[${index}]`),
        );
  if (annotations !== undefined && citations.length === 0) wire.note("annotations", true);
  takeTokens(wire, tokens);
  return { case: "text", value: { text, citations } };
}

/** The vocabulary has the tokens of a whole answer in one list: how many are this text's is noted. */
function takeTokens(wire: WireObject, tokens: TokenLogprob[] | undefined): void {
  const list = wire.peek("logprobs");
  if (list === undefined && tokens !== undefined) wire.note("logprobs", "none");
  if (!Array.isArray(list)) return;
  if (list.length === 0) {
    wire.take("logprobs");
    wire.note("logprobs", 0);
    return;
  }
  const read = tokens === undefined ? undefined : decodeTokens(list);
  if (tokens === undefined || read === undefined || !isDeepStrictEqual(encodeTokens(read), list)) return;
  wire.take("logprobs");
  wire.note("logprobs", read.length);
  tokens.push(...read);
}

type ImageInit = Extract<Kind, { case: "image" }>["value"];

function readImage(wire: WireObject): Kind {
  const detail = wire.takeIf("detail", isString);
  const fileId = wire.peek("file_id");
  let image: ImageInit;
  if (wire.peek("image_url") === undefined && isString(fileId)) {
    wire.take("file_id");
    image = { source: { case: "fileId", value: fileId } };
  } else {
    const url = asString(wire.take("image_url"), wire.at("image_url"));
    const data = readDataUrl(url);
    if (data === undefined) image = { source: { case: "url", value: url } };
    else {
      rememberBase64(wire, url, data.data);
      image = { source: { case: "data", value: data.data }, mediaType: data.mediaType };
    }
  }
  return { case: "image", value: detail === undefined ? image : { ...image, detail } };
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

const SOURCES = ["file_url", "file_id", "file_data"];

function readFile(wire: WireObject): Kind | undefined {
  const sources = SOURCES.filter((name) => wire.peek(name) !== undefined);
  const [source] = sources;
  if (source === undefined) throw invalid(wire.path, `${wire.path} must hold file_data, file_url or file_id.`);
  if (sources.length > 1) return undefined;
  const text = asString(wire.take(source), wire.at(source));
  const filename = wire.takeIf("filename", isString);
  const named = filename === undefined ? {} : { filename };
  if (source === "file_url") return { case: "file", value: { source: { case: "url", value: text }, ...named } };
  if (source === "file_id") return { case: "file", value: { source: { case: "fileId", value: text }, ...named } };
  const url = readDataUrl(text);
  const data = url?.data ?? Buffer.from(text, "base64");
  // The owner of the dialect takes bare base64 too.
  if (url === undefined) wire.note("bare", true);
  rememberBase64(wire, text, data);
  wire.note("source", "file_data");
  return {
    case: "file",
    value: { source: { case: "data", value: data }, ...(url && { mediaType: url.mediaType }), ...named },
  };
}
