import {
  type AudioPart,
  type Citation,
  type FilePart,
  type ImagePart,
  invalid,
  isObject,
  type JsonObject,
  type Losses,
  type Part,
} from "../../sdk/index.js";
import { sealForeign } from "./foreign-seal.js";
import { answerFunctionCall, encodeFunctionCall } from "./function-call.js";
import { encodeFunctionResponse } from "./function-response.js";
import { mediaTypeOf, mediaTypeOfUrl, parseDataUrl, soundTypeOf, toBase64 } from "./media.js";
import { formIn, formOf, restore, tellForeign, tellOwn } from "./own.js";
import { isHeld } from "./part-decode.js";
import { DIALECT } from "./wire.js";

/** A part with its path, in the words of the vocabulary. */
export type Placed = readonly [Part, string];

/** What the parts are written for. */
export interface PartContext {
  /** Names of the tools that are called, by the ids of the calls. */
  readonly names: ReadonlyMap<string, string>;
  readonly losses: Losses;
  /** An answer to a caller may tell the reasoning of any model; a request only what its target has sealed. */
  readonly answer: boolean;
}

/** Field of the wire `openai-chat` in which Google's own servers of it tell seals: https://ai.google.dev/gemini-api/docs/openai */
export const EXTRA_CONTENT = "extra_content";
const EXTRA: ReadonlySet<string> = new Set([EXTRA_CONTENT]);

/** Parts on the wire. A seal goes onto the part after it. */
export function encodeParts(parts: readonly Placed[], context: PartContext): JsonObject[] {
  const out: JsonObject[] = [];
  let seal: string | undefined;
  for (const [part, path] of parts) {
    tellForeign(part, path, context.losses, part.kind.case === "toolCall" ? EXTRA : undefined);
    if (part.cache !== undefined) {
      context.losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
    }
    if (isSeal(part)) {
      if (seal !== undefined) out.push(sealed(seal));
      seal = part.kind.value.signature;
      continue;
    }
    const written = encodePart(part, path, context);
    const foreign = context.answer && part.kind.case === "reasoning" ? sealForeign(part.kind.value) : undefined;
    if (foreign !== undefined) {
      if (seal !== undefined) out.push(sealed(seal));
      if (written !== undefined) out.push(restore(written, part));
      seal = foreign;
      continue;
    }
    if (written === undefined) continue;
    const signature = seal ?? (part.kind.case === "toolCall" ? signatureOf(part) : undefined);
    if (signature !== undefined && part.kind.case !== "reasoning") {
      written.thoughtSignature = signature;
      seal = undefined;
    }
    out.push(part.kind.case === "opaque" ? written : restore(written, part));
  }
  if (seal !== undefined) out.push(sealed(seal));
  return out;
}

function sealed(thoughtSignature: string): JsonObject {
  return { text: "", thoughtSignature };
}

/** Whether a part is nothing but the seal of the part after it. */
function isSeal(part: Part): part is Part & { kind: { case: "reasoning" } } {
  const { kind } = part;
  if (kind.case !== "reasoning" || kind.value.dialect !== DIALECT || kind.value.signature === undefined) return false;
  const { seal } = formOf(part);
  return kind.value.text === "" && (seal === "next" || seal === undefined);
}

/** The seal of a call as Google's servers of another wire tell it. */
function signatureOf({ extensions }: Part): string | undefined {
  for (const dialect in extensions) {
    const fields = extensions[dialect];
    const extra = isObject(fields) ? fields[EXTRA_CONTENT] : undefined;
    const google = isObject(extra) ? (extra.google ?? extra.vertex) : undefined;
    if (isObject(google) && typeof google.thought_signature === "string") return google.thought_signature;
  }
  return undefined;
}

function encodePart(part: Part, path: string, context: PartContext): JsonObject | undefined {
  const { kind } = part;
  const { losses } = context;
  switch (kind.case) {
    case "text":
      if (kind.value.text === "" && formOf(part).empty !== true) return undefined;
      if (!context.answer) tellCitations(kind.value.citations, path, losses);
      return { text: kind.value.text };
    case "refusal":
      if (kind.value.text === "" || formOf(part).made === true) return undefined;
      if (!context.answer) losses.approximate(path, "The target knows no refusals in a conversation: sent as text.");
      return { text: kind.value.text };
    case "reasoning": {
      const { text, signature, dialect } = kind.value;
      if (dialect === DIALECT) return ownThought(part, text, signature);
      if (context.answer) return text === "" ? undefined : { text, thought: true };
      losses.drop(path, "The target takes back only reasoning that it has sealed itself.");
      return undefined;
    }
    case "toolCall":
      if (context.answer) return { functionCall: answerFunctionCall(kind.value) };
      return { functionCall: encodeFunctionCall(kind.value, `${path}.tool_call`, losses) };
    case "toolResult": {
      const media = (pieces: readonly Placed[]) => encodeParts(pieces, context);
      const at = `${path}.tool_result`;
      tellAroundTexts(kind.value.content, at, losses);
      return { functionResponse: encodeFunctionResponse(kind.value, part, context.names, at, media) };
    }
    case "image":
      return encodeImage(kind.value, `${path}.image`, losses);
    case "audio":
      return encodeAudio(kind.value, path, context);
    case "file":
      return encodeFile(kind.value, part, `${path}.file`, losses);
    case "opaque":
      if (kind.value.dialect === DIALECT) return { ...kind.value.value };
      losses.drop(path, `Only the dialect ${kind.value.dialect} has this piece, and the target speaks ${DIALECT}.`);
      return undefined;
    default:
      return undefined;
  }
}

/** The words of a result are joined: what lies around them has no place. */
function tellAroundTexts(content: readonly Part[], path: string, losses: Losses): void {
  content.forEach((piece, index) => {
    if (piece.kind.case !== "text") return;
    const at = `${path}.content[${index}]`;
    tellForeign(piece, at, losses);
    tellOwn(piece, at, losses);
    if (piece.cache !== undefined)
      losses.drop(`${at}.cache`, "The target caches prompts by itself and takes no hints.");
  });
}

function ownThought(part: Part, text: string, signature: string | undefined): JsonObject {
  const out: JsonObject = { text, thought: true };
  if (formOf(part).seal === "text") delete out.thought;
  if (signature !== undefined) out.thoughtSignature = signature;
  return out;
}

function tellCitations(citations: readonly Citation[], path: string, losses: Losses): void {
  citations.forEach((_, index) => {
    losses.drop(`${path}.text.citations[${index}]`, "The target takes no citations in a conversation.");
  });
}

/** https://ai.google.dev/gemini-api/docs/image-understanding; addresses: .../file-input-methods#external-urls */
function encodeImage(image: ImagePart, path: string, losses: Losses): JsonObject {
  if (image.detail !== undefined && image.detail !== "auto") {
    losses.drop(`${path}.detail`, "The target decides by itself how closely to look.");
  }
  const { source } = image;
  switch (source.case) {
    case "data":
      return inline(source.value, image.mediaType, `${path}.data`);
    case "fileId":
      return held(source.value, undefined, `${path}.file_id`);
    case "url": {
      const data = parseDataUrl(source.value);
      if (data !== undefined) return inline(data.bytes, data.mediaType, `${path}.url`);
      const mimeType = image.mediaType ?? mediaTypeOfUrl(source.value);
      if (mimeType === undefined) {
        losses.approximate(
          `${path}.url`,
          "The target must know the media type, which the address does not tell: image/jpeg is sent.",
        );
      }
      return { fileData: { fileUri: source.value, mimeType: mimeType ?? "image/jpeg" } };
    }
    default:
      throw invalid(path, `${path} must have a source.`);
  }
}

function inline(bytes: Uint8Array, told: string | undefined, path: string): JsonObject {
  const mimeType = mediaTypeOf(bytes, told);
  if (mimeType === undefined) throw invalid(path, `${path} has no media type, which the target must know.`);
  return { inlineData: { mimeType, data: toBase64(bytes) } };
}

/** A file that the provider holds. Those of others have ids of another kind. */
function held(id: string, mimeType: string | undefined, path: string): JsonObject {
  if (!isHeld(id)) {
    throw invalid(path, `${path} is "${id}", a file that another provider holds: send the file itself.`);
  }
  return { fileData: { fileUri: id, ...(mimeType !== undefined && { mimeType }) } };
}

function encodeAudio(audio: AudioPart, path: string, context: PartContext): JsonObject | undefined {
  const { source, format = "wav", transcript } = audio;
  if (source.case === "data") {
    return { inlineData: { mimeType: soundTypeOf(format), data: toBase64(source.value) } };
  }
  if (transcript !== undefined && transcript !== "") {
    context.losses.approximate(`${path}.audio`, "Another provider holds the sound: its words are sent.");
    return { text: transcript };
  }
  context.losses.drop(`${path}.audio`, "Another provider holds the sound.");
  return undefined;
}

function encodeFile(file: FilePart, part: Part, path: string, losses: Losses): JsonObject {
  const { source, filename, mediaType } = file;
  const out = fileOf(source, mediaType, path);
  if (filename === undefined) return out;
  const form = formOf(part);
  const named = ["inlineData", "fileData"].some((name) => {
    const { as } = formIn(form, name);
    return isObject(as) && as.displayName === filename;
  });
  if (!named) losses.drop(`${path}.filename`, "The target takes no names of files.");
  return out;
}

function fileOf(source: FilePart["source"], mediaType: string | undefined, path: string): JsonObject {
  switch (source.case) {
    case "text":
      return { inlineData: { mimeType: mediaType ?? "text/plain", data: toBase64(Buffer.from(source.value)) } };
    case "data":
      return inline(source.value, mediaType, `${path}.data`);
    case "fileId":
      return held(source.value, mediaType, `${path}.file_id`);
    case "url": {
      const data = parseDataUrl(source.value);
      if (data !== undefined) return inline(data.bytes, data.mediaType, `${path}.url`);
      const mimeType = mediaType ?? mediaTypeOfUrl(source.value);
      return { fileData: { fileUri: source.value, ...(mimeType !== undefined && { mimeType }) } };
    }
    default:
      throw invalid(path, `${path} must have a source.`);
  }
}
