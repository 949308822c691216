import {
  type JsonObject,
  type JsonValue,
  type Losses,
  type Message,
  type ModelTraits,
  type Part,
  Role,
} from "../../sdk/index.js";
import { base64 } from "./data-url.js";
import { encodeAnnotation } from "./citations.js";
import { fieldsOf, formOf, restore, tellForeign } from "./own.js";
import { encodeContentPart } from "./part-encode.js";
import { encodeFunctionCall, encodeToolCall, isLegacyCall } from "./tool-calls.js";
import { DIALECT } from "./wire.js";
import { writeCacheControl } from "./cache-control.js";

/** The messages of a request, in order. One that holds tool results and words becomes several. */
export function encodeMessages(messages: readonly Message[], traits: ModelTraits, losses: Losses): JsonObject[] {
  const out: JsonObject[] = [];
  // Tool messages take text only, and must follow the calls without a gap: their pictures wait for the run to end.
  let pictures: JsonObject[] = [];
  messages.forEach((message, index) => {
    const path = `messages[${index}]`;
    const results = message.parts.filter((part) => part.kind.case === "toolResult");
    for (const [number, part] of message.parts.entries()) {
      if (part.kind.case === "toolResult")
        out.push(encodeToolMessage(part, `${path}.parts[${number}]`, pictures, losses));
    }
    if (results.length > 0) {
      if (results.length === message.parts.length && message.role !== Role.USER) {
        tellForeign(message, path, losses);
        return;
      }
      if (results.length === message.parts.length && pictures.length === 0) return;
      const user = encodeMessage(message, path, traits, losses);
      const content = [...pictures, ...contentPieces(user.content)];
      pictures = [];
      if (content.length > 0) out.push(pictured(user, content));
      return;
    }
    if (pictures.length > 0) out.push({ role: "user", content: pictures });
    pictures = [];
    const encoded = encodeMessage(message, path, traits, losses);
    // All that it held was told as losses: without it, it would be a turn that nobody took.
    if (message.parts.length === 0 || !saysNothing(encoded)) out.push(encoded);
  });
  if (pictures.length > 0) out.push({ role: "user", content: pictures });
  return out;
}

function saysNothing(message: JsonObject): boolean {
  const { content } = message;
  const empty = content === "" || content === null || (Array.isArray(content) && content.length === 0);
  return empty && Object.keys(message).length === 2;
}

function pictured(user: JsonObject, content: JsonObject[]): JsonObject {
  return content.length === 1 && contentPieces(user.content).length === 1 ? user : { ...user, content };
}

function contentPieces(content: JsonValue | undefined): JsonObject[] {
  if (Array.isArray(content)) return content as JsonObject[];
  return typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
}

function encodeToolMessage(part: Part, path: string, pictures: JsonObject[], losses: Losses): JsonObject {
  if (part.kind.case !== "toolResult") throw new Error("not a tool result");
  const result = part.kind.value;
  const form = formOf(part);
  tellForeign(part, path, losses);
  if (part.cache !== undefined) losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
  const own = form.content === "array";
  const texts: Placed[] = [];
  result.content.forEach((piece, index) => {
    const at = `${path}.tool_result.content[${index}]`;
    if (own || piece.kind.case === "text") {
      texts.push([piece, at]);
      return;
    }
    const picture = encodeContentPart(piece, at, losses);
    if (picture !== undefined) pictures.push(picture);
  });
  if (result.isError === true) {
    losses.approximate(`${path}.tool_result.is_error`, "The target has no flag for a failed tool: the words say it.");
  }
  const content = encodeContent(texts, form, losses);
  const out: JsonObject =
    form.role === "function" ? { role: "function" } : { role: "tool", tool_call_id: result.toolCallId };
  if (content !== undefined || form.content !== "none") out.content = markError(content ?? "", result.isError === true);
  // The name is for dialects that ask for it; here the id tells, and strict servers refuse more.
  if (result.name !== undefined && form.name === true) out.name = result.name;
  return restore(out, part);
}

/** The wire has no flag for a failed tool: the words say it, always in the same way so that prompts stay cached. */
function markError(content: JsonValue, isError: boolean): JsonValue {
  if (!isError) return content;
  if (typeof content === "string") return `Error: ${content}`;
  return Array.isArray(content) ? [{ type: "text", text: "Error:" }, ...content] : content;
}

/** One message that is not a tool's answer. */
function encodeMessage(message: Message, path: string, traits: ModelTraits, losses: Losses): JsonObject {
  tellForeign(message, path, losses);
  const out: JsonObject = { role: roleOf(message.role, traits) };
  const form = formOf(message);
  const content: Placed[] = [];
  const reasoning: string[] = [];
  const calls: JsonObject[] = [];
  let refusal: string | undefined;
  message.parts.forEach((part, index) => {
    const at = `${path}.parts[${index}]`;
    const { kind } = part;
    const member = formOf(part).member;
    if (kind.case === "toolCall") {
      tellForeign(part, at, losses);
      if (isLegacyCall(part)) out.function_call = encodeFunctionCall(part, kind.value);
      else calls.push(withCache(encodeToolCall(part, kind.value), part, at, losses));
    } else if (kind.case === "reasoning" && formOf(part).thinking === undefined) {
      tellAround(part, at, losses);
      // Only what this dialect made may go back to it: another's reasoning is sealed for its maker.
      const sealed = kind.value.signature !== undefined || kind.value.encryptedContent !== undefined;
      const own = kind.value.dialect === DIALECT && !sealed;
      if (own && traits.reasoningField === "thinking") content.push([part, at]);
      else if (own) reasoning.push(kind.value.text);
      else losses.drop(at, "The target does not read the reasoning of another provider.");
    } else if (kind.case === "audio" && message.role === Role.ASSISTANT) {
      tellForeign(part, at, losses);
      tellCache(part, at, losses);
      out.audio = encodeAudio(part);
    } else if (kind.case === "refusal" && (member === "refusal" || form.content !== "array")) {
      tellAround(part, at, losses);
      refusal = (refusal ?? "") + kind.value.text;
    } else if (kind.case !== "toolResult") {
      content.push([part, at]);
    }
  });
  if (reasoning.length > 0) {
    const came = form.reasoning === "reasoning" ? "reasoning" : "reasoning_content";
    out[traits.reasoningField ?? came] = reasoning.join("");
  }
  if (refusal !== undefined) out.refusal = refusal;
  if (calls.length > 0) out.tool_calls = calls;
  const encoded = encodeContent(content, form, losses, message.role === Role.ASSISTANT);
  if (encoded !== undefined) out.content = encoded;
  else if (form.content !== "none")
    out.content = message.role === Role.ASSISTANT && Object.keys(out).length > 1 ? null : "";
  addAnnotations(out, message.parts, path, losses);
  if (message.name !== undefined) out.name = message.name;
  return restore(out, message);
}

/** A part with its path, in the words of the vocabulary. */
type Placed = readonly [Part, string];

/** Tells what lies around a part whose words alone are sent. */
function tellAround(part: Part, path: string, losses: Losses): void {
  tellForeign(part, path, losses);
  tellCache(part, path, losses);
  for (const name of Object.keys(fieldsOf(part))) {
    losses.drop(`${path}.extensions.${DIALECT}.${name}`, "The wire has a place for the words only.");
  }
}

function tellCache(part: Part, path: string, losses: Losses): void {
  if (part.cache !== undefined) losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
}

function withCache(out: JsonObject, part: Part, path: string, losses: Losses): JsonObject {
  if (part.cache === undefined) return out;
  if (formOf(part).cache === true) return { ...out, cache_control: writeCacheControl(part.cache) };
  losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
  return out;
}

function roleOf(role: Role, { systemRole, developerRole }: ModelTraits): string {
  switch (role) {
    case Role.SYSTEM:
      return systemRole ?? "system";
    case Role.DEVELOPER:
      return systemRole ?? (developerRole === false ? "system" : "developer");
    case Role.ASSISTANT:
      return "assistant";
    default:
      return "user";
  }
}

/** The member `content`: a string where one plain text says it all; undefined when there is nothing to say. */
function encodeContent(
  parts: readonly Placed[],
  form: JsonObject,
  losses: Losses,
  joined = false,
): JsonValue | undefined {
  if (form.content === "array") return pieces(parts, losses);
  if (parts.length === 0) return form.content === "" ? "" : undefined;
  const texts = parts.map(([part]) => (part.kind.case === "text" ? part.kind.value.text : undefined));
  if (
    texts.every((text) => text !== undefined) &&
    (joined || texts.length === 1) &&
    parts.every(([part]) => isPlain(part))
  ) {
    for (const [part, path] of parts) tellAround(part, path, losses);
    return texts.join("");
  }
  return pieces(parts, losses);
}

/** Whether a text has nothing that only the array form could carry. */
function isPlain(part: Part): boolean {
  return formOf(part).cache !== true && part.extensions?.[DIALECT] === undefined;
}

function pieces(parts: readonly Placed[], losses: Losses): JsonObject[] {
  return parts.flatMap<JsonObject>(([part, path]) => encodeContentPart(part, path, losses) ?? []);
}

/** The member `audio` of an assistant's message. */
export function encodeAudio(part: Part): JsonObject {
  if (part.kind.case !== "audio") return {};
  const { source, transcript } = part.kind.value;
  const out: JsonObject = {};
  if (source.case === "id") out.id = source.value;
  if (source.case === "data") out.data = base64(source.value);
  if (transcript !== undefined) out.transcript = transcript;
  return restore(out, part);
}

/** The member `annotations`: what the text parts cite, in order. Citations without an address are told as losses. */
export function addAnnotations(
  out: JsonObject,
  parts: readonly Part[],
  path: string,
  losses: Losses | undefined,
): void {
  const annotations = parts.flatMap((part, index) => {
    if (part.kind.case !== "text") return [];
    return part.kind.value.citations.flatMap((citation, number) => {
      const annotation = encodeAnnotation(citation);
      if (annotation === undefined) {
        losses?.drop(`${path}.parts[${index}].text.citations[${number}]`, "The target's dialect cites addresses only.");
        return [];
      }
      const at = `${path}.parts[${index}].text.citations[${number}]`;
      if (losses !== undefined) {
        tellForeign(citation, at, losses);
        if (citation.citedText !== undefined && fieldsOf(citation).cited_text === undefined)
          losses.drop(`${at}.cited_text`, "The target's dialect cites addresses without their words.");
      }
      return [annotation];
    });
  });
  if (annotations.length > 0) out.annotations = annotations;
}
