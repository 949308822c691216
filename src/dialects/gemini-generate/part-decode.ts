import { create, isObject, type JsonObject, type JsonValue, type Part, PartSchema } from "../../sdk/index.js";
import type { CallIds } from "./call-ids.js";
import { asObject, asString, isString } from "./checks.js";
import { decodeFunctionCall } from "./function-call.js";
import { decodeFunctionResponse } from "./function-response.js";
import { fromBase64, soundFormatOf } from "./media.js";
import { plain, WireObject } from "./own.js";
import { DIALECT } from "./wire.js";

/**
 * A wire part as parts: https://ai.google.dev/api/caching#Part. The seal of the model's thoughts, which may lie on any
 * part, becomes a reasoning part of its own in front of it. A part that only this dialect has is kept whole.
 */
export function decodePart(value: JsonValue, path: string, ids: CallIds): Part[] {
  const wire = new WireObject(asObject(value, path), path);
  if (wire.peek("thought") === true) return [decodeThought(wire) ?? opaque(value as JsonObject)];
  if (wire.peek("thought") === false) wire.noteAs("thought", wire.take("thought") as boolean);
  if (wire.peek("text") === "" && isString(wire.peek("thoughtSignature"))) return [decodeSeal(wire)];
  const part = decodeKind(wire, ids);
  if (part === undefined) return [opaque(value as JsonObject)];
  const signature = wire.takeIf("thoughtSignature", isString);
  const whole = finished(wire, part);
  return signature === undefined ? [whole] : [sealOf(signature), whole];
}

/** What a part says, without what lies around it. */
type Kind = Exclude<Part["kind"], { case: undefined }>;

function finished(wire: WireObject, kind: Kind): Part {
  const extensions = wire.extensions();
  return create(PartSchema, { kind, ...(extensions && { extensions }) });
}

function sealOf(signature: string): Part {
  const value = { text: "", signature, dialect: DIALECT };
  return create(PartSchema, {
    kind: { case: "reasoning", value },
    extensions: { [DIALECT]: { $form: { seal: "next" } } },
  });
}

function decodeSeal(wire: WireObject): Part {
  wire.take("text");
  wire.note("seal", "text");
  const value = { text: "", signature: wire.take("thoughtSignature") as string, dialect: DIALECT };
  return finished(wire, create(PartSchema, { kind: { case: "reasoning", value } }).kind as Kind);
}

function decodeThought(wire: WireObject): Part | undefined {
  const text = wire.peek("text");
  if (!isString(text)) return undefined;
  wire.take("text");
  wire.take("thought");
  const signature = wire.takeIf("thoughtSignature", isString);
  // A text that is empty leaves nothing else to tell it from a seal.
  if (text === "") wire.note("seal", "thought");
  const value = { text, dialect: DIALECT, ...(signature !== undefined && { signature }) };
  return finished(wire, create(PartSchema, { kind: { case: "reasoning", value } }).kind as Kind);
}

function decodeKind(wire: WireObject, ids: CallIds): Kind | undefined {
  if (isObject(wire.peek("functionCall"))) return decodeFunctionCall(wire, ids);
  if (isObject(wire.peek("functionResponse"))) {
    return decodeFunctionResponse(wire, ids, (piece, path) => decodePart(piece, path, ids));
  }
  const text = wire.peek("text");
  if (text !== undefined && text !== null) {
    const words = asString(wire.take("text"), wire.at("text"));
    // Encoders leave empty texts out, as the wire refuses them.
    if (words === "") wire.note("empty", true);
    return kindOf({ case: "text", value: { text: words } });
  }
  return decodeInline(wire) ?? decodePlace(wire);
}

function kindOf(kind: NonNullable<Parameters<typeof create<typeof PartSchema>>[1]>["kind"]): Kind {
  return create(PartSchema, { kind } as never).kind as Kind;
}

function decodeInline(wire: WireObject): Kind | undefined {
  const inline = wire.peek("inlineData");
  if (!isObject(inline) || !isString(inline.data)) return undefined;
  const blob = wire.group("inlineData") as WireObject;
  const told = blob.takeIf("mimeType", isString);
  const text = blob.take("data") as string;
  const { bytes, canonical } = fromBase64(text);
  if (!canonical) blob.noteAs("data", text);
  if (told === undefined) blob.noteWithout("mimeType");
  const type = told ?? "";
  const source = { case: "data", value: bytes } as const;
  const mediaType = told === undefined ? {} : { mediaType: told };
  if (type.startsWith("image/")) {
    if (type === "image/jpg") blob.noteAs("mimeType", type);
    return kindOf({ case: "image", value: { source, ...mediaType } });
  }
  if (type.startsWith("audio/")) {
    blob.noteAs("mimeType", type);
    return kindOf({ case: "audio", value: { source, format: soundFormatOf(type) } });
  }
  const filename = takeName(blob);
  return kindOf({ case: "file", value: { source, ...mediaType, ...(filename !== undefined && { filename }) } });
}

function decodePlace(wire: WireObject): Kind | undefined {
  const data = wire.peek("fileData");
  if (!isObject(data)) return undefined;
  const place = wire.group("fileData") as WireObject;
  const uri = asString(place.take("fileUri"), place.at("fileUri"));
  const type = place.takeIf("mimeType", isString);
  const source = isHeld(uri) ? ({ case: "fileId", value: uri } as const) : ({ case: "url", value: uri } as const);
  if (type === undefined) place.noteWithout("mimeType");
  if (type?.startsWith("image/")) {
    // The vocabulary has no media type where a picture is not in the request.
    place.noteAs("mimeType", type);
    return kindOf({ case: "image", value: { source } });
  }
  const filename = takeName(place);
  return kindOf({
    case: "file",
    value: { source, ...(type !== undefined && { mediaType: type }), ...(filename !== undefined && { filename }) },
  });
}

/** Only one carrier of the dialect takes names of files, so that encoders write none but those that came. */
function takeName(wire: WireObject): string | undefined {
  const name = wire.takeIf("displayName", isString);
  if (name !== undefined) wire.noteAs("displayName", name);
  return name;
}

/** Whether an address names a file that only the provider can read: https://ai.google.dev/gemini-api/docs/files */
export function isHeld(uri: string): boolean {
  return uri.startsWith("gs://") || /^(?:https:\/\/generativelanguage\.googleapis\.com\/[^/]+\/)?files\//.test(uri);
}

/** A part that only this dialect has. */
function opaque(value: JsonObject): Part {
  return create(PartSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value: plain({ ...value }) } } });
}
