import type { AudioPart, FilePart, ImagePart, JsonObject, Losses, Part, TokenLogprob } from "../../sdk/index.js";
import { encodeAnnotation } from "./citations.js";
import { base64, writeDataUrl } from "./data-url.js";
import { encodeTokens } from "./logprobs.js";
import { fieldsOf, formOf, restoreFrom, tellForeign } from "./own.js";
import { DIALECT } from "./wire.js";
import { isHeldElsewhere } from "../held-elsewhere.js";

/** Where a piece of content goes. */
export interface PieceTarget {
  /** `input_text` of a caller, or `output_text` of the model, where the piece does not say itself. */
  readonly text: "input_text" | "output_text";
  /** An answer's texts have all members that clients read, a request's only those that say something. */
  readonly answer: boolean;
  /** Absent in answers, whose losses are the decoder's. */
  readonly losses?: Losses | undefined;
}

/** One piece of a `content` or `output` array; undefined when the wire cannot say it, which is told as a loss. */
export function encodePiece(part: Part, path: string, target: PieceTarget): JsonObject | undefined {
  const { losses } = target;
  if (losses !== undefined) tellForeign(part, path, losses);
  const form = formOf(part);
  const out = wireOf(part, path, target, form);
  if (out === undefined) return undefined;
  if (part.cache !== undefined && losses !== undefined) {
    if (form.cache === true) out.prompt_cache_breakpoint = { mode: "explicit" };
    else losses.drop(`${path}.cache`, "The target caches prompts by itself; most of its models take no hints.");
  }
  const { output_item: _, ...fields } = fieldsOf(part);
  return restoreFrom(out, fields, form);
}

function wireOf(part: Part, path: string, target: PieceTarget, form: JsonObject): JsonObject | undefined {
  const { kind } = part;
  const { losses } = target;
  switch (kind.case) {
    case "text": {
      const type = form.type === "input_text" || form.type === "output_text" ? form.type : target.text;
      const out: JsonObject = { type, text: kind.value.text };
      if (type === "input_text") {
        if (kind.value.citations.length > 0) losses?.drop(`${path}.text.citations`, "Only the model's own texts cite.");
        return out;
      }
      writeAnnotations(part, out, path, target);
      if (!target.answer && form.logprobs === 0) out.logprobs = [];
      return out;
    }
    case "refusal":
      return { type: "refusal", refusal: kind.value.text };
    case "image":
      return writeImage(kind.value, form, path, losses);
    case "audio":
      return writeAudio(kind.value, form, path, losses);
    case "file":
      return writeFile(kind.value, form, path, losses);
    case "opaque":
      if (kind.value.dialect === DIALECT) return { ...kind.value.value };
      losses?.drop(path, `Only the dialect ${kind.value.dialect} has this piece.`);
      return undefined;
    default:
      losses?.drop(path, "The target's dialect has no place for this piece here.");
      return undefined;
  }
}

function writeAnnotations({ kind, ...part }: Part, out: JsonObject, path: string, target: PieceTarget): void {
  if (kind.case !== "text") return;
  const own = formOf(part).type === "output_text";
  const annotations = kind.value.citations.flatMap((citation, index) => {
    const annotation = encodeAnnotation(citation, !own);
    if (annotation === undefined) {
      target.losses?.drop(`${path}.text.citations[${index}]`, "The target's dialect cites addresses only.");
    } else if (citation.citedText !== undefined) {
      target.losses?.drop(
        `${path}.text.citations[${index}].cited_text`,
        "The target's dialect cites addresses without their words.",
      );
    }
    return annotation ?? [];
  });
  if (annotations.length > 0 || (own ? formOf(part).annotations === true : target.answer)) {
    out.annotations = annotations;
  }
}

/** The log probabilities of an answer, of which every text takes its own from the front. */
export interface AnswerTokens {
  readonly list: TokenLogprob[];
  /** The last text: what is left is its own. */
  readonly last: Part | undefined;
}

/** Adds its log probabilities to the piece of an answer's text: as many as were noted, or as its letters need. */
export function addTokens(out: JsonObject, part: Part, { list, last }: AnswerTokens): void {
  const { logprobs, type } = formOf(part);
  if (out.type !== "output_text" || out.logprobs !== undefined || logprobs === "none") return;
  const own = type === "output_text";
  if (typeof logprobs === "number") out.logprobs = encodeTokens(list.splice(0, logprobs));
  else if (!own || list.length > 0)
    out.logprobs = encodeTokens(list.splice(0, part === last ? list.length : need(part, list)));
}

/** How many tokens make up a text. */
function need({ kind }: Part, tokens: readonly TokenLogprob[]): number {
  let left = kind.case === "text" ? kind.value.text.length : 0;
  let count = 0;
  while (left > 0 && count < tokens.length) {
    left -= tokens[count]?.token.length ?? 0;
    count += 1;
  }
  return count;
}

function writeImage(image: ImagePart, form: JsonObject, path: string, losses: Losses | undefined) {
  const { source, detail } = image;
  const out: JsonObject = { type: "input_image" };
  if (detail !== undefined) out.detail = detail;
  if (source.case === "url") out.image_url = source.value;
  else if (source.case === "fileId") out.file_id = source.value;
  else if (source.case === "data") {
    out.image_url =
      typeof form.text === "string" ? form.text : writeDataUrl(image.mediaType ?? "image/png", source.value);
  } else {
    losses?.drop(`${path}.image`, "The picture is empty.");
    return undefined;
  }
  return out;
}

function writeAudio(audio: AudioPart, form: JsonObject, path: string, losses: Losses | undefined) {
  const { source } = audio;
  if (source.case !== "data") {
    losses?.drop(`${path}.audio`, "Sound without its data cannot be sent as content.");
    return undefined;
  }
  const data = typeof form.text === "string" ? form.text : base64(source.value);
  return { type: "input_audio", input_audio: { data, format: audio.format ?? "wav" } };
}

function writeFile(file: FilePart, form: JsonObject, path: string, losses: Losses | undefined) {
  const { source } = file;
  const out: JsonObject = { type: "input_file" };
  if (file.filename !== undefined) out.filename = file.filename;
  switch (source.case) {
    case "data": {
      const media = file.mediaType ?? "application/pdf";
      // The owner of the dialect refuses data without a name.
      if (file.filename === undefined && form.source !== "file_data") {
        out.filename = `document.${media.split("/")[1] ?? "pdf"}`;
      }
      if (typeof form.text === "string") out.file_data = form.text;
      else out.file_data = form.bare === true ? base64(source.value) : writeDataUrl(media, source.value);
      return out;
    }
    case "fileId":
      if (losses !== undefined && isHeldElsewhere(source.value)) {
        losses.drop(`${path}.file`, "Another provider holds the file.");
        return undefined;
      }
      out.file_id = source.value;
      return out;
    case "url":
      out.file_url = source.value;
      return out;
    case "text":
      losses?.approximate(`${path}.file`, "The target takes no plain-text documents; it is sent as text.");
      return { type: "input_text", text: source.value };
    default:
      losses?.drop(`${path}.file`, "The document is empty.");
      return undefined;
  }
}
