import {
  type FilePart,
  invalid,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Part,
  tellForeignFields,
  tellHomelessFields,
  type ToolCallPart,
  ToolKind,
} from "@parlance/sdk";
import { objectOf } from "./tool-args.js";
import { DIALECT, MADE_ID } from "./wire.js";

/** What parts are written for. */
export interface PartContext {
  readonly losses: Losses;
}

/** Tells what a part holds beside itself and the wire has no place for. */
export function tellPart(part: Part, path: string, losses: Losses): void {
  tellForeignFields(part, path, DIALECT, losses);
  if (part.kind.case !== "toolCall") tellHomelessFields(part, path, DIALECT, losses);
  if (part.cache !== undefined) losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
  if (part.kind.case !== "text") return;
  part.kind.value.citations.forEach((_, index) => {
    losses.drop(`${path}.text.citations[${index}]`, "The target takes no citations in a conversation.");
  });
}

/** A part as text; undefined where it cannot be said, which is told. */
export function textOfPart({ kind }: Part, path: string, { losses }: PartContext): string | undefined {
  switch (kind.case) {
    case "text":
      return kind.value.text;
    case "refusal":
      losses.approximate(path, "The target knows no refusals in a conversation: sent as text.");
      return kind.value.text;
    case "file":
      return textOfFile(kind.value, path, losses);
    case "audio":
      if (kind.value.transcript) {
        losses.approximate(path, "The target does not hear: the words are sent.");
        return kind.value.transcript;
      }
      losses.drop(path, "The target does not hear.");
      return undefined;
    case "opaque":
      losses.drop(path, `Only the dialect ${kind.value.dialect} has this piece, and the target speaks ${DIALECT}.`);
      return undefined;
    default:
      losses.drop(path, "The target has no place for it here.");
      return undefined;
  }
}

function textOfFile({ source, mediaType, filename }: FilePart, path: string, losses: Losses): string | undefined {
  const text =
    source.case === "text"
      ? source.value
      : source.case === "data" && mediaType?.startsWith("text/")
        ? Buffer.from(source.value).toString("utf8")
        : undefined;
  if (text === undefined) {
    losses.drop(path, "The target reads no documents but plain text.");
    return undefined;
  }
  losses.approximate(path, "The target takes no documents: its text is sent as the speaker's.");
  return filename === undefined ? text : `${filename}:\n${text}`;
}

/** A call on the wire, its arguments an object. `kept`: fields of the call that the dialect has. */
export function encodeCall(call: ToolCallPart, kept: JsonObject, path: string, losses: Losses): JsonObject {
  const { function: inner, ...fields } = kept;
  return {
    ...fields,
    ...(call.id !== "" && !call.id.startsWith(MADE_ID) && { id: call.id }),
    function: { ...(isObject(inner) ? inner : {}), name: call.name, arguments: callArguments(call, path, losses) },
  };
}

function callArguments(call: ToolCallPart, path: string, losses: Losses): JsonValue {
  if (call.kind === ToolKind.CUSTOM) {
    losses.approximate(path, "The target calls tools with JSON only: the text is sent as the member `input`.");
    return { input: call.arguments };
  }
  const args = objectOf(call.arguments);
  if (args === undefined) throw invalid(`${path}.arguments`, `${path}.arguments must be a JSON object.`);
  return args;
}
