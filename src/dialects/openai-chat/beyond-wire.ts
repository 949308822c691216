import { fromJson, toJson } from "@bufbuild/protobuf";
import { invalid, isObject, type JsonObject, type JsonValue, type Part, PartSchema } from "../../sdk/index.js";
import { asArray, asInteger, asObject } from "./checks.js";
import { DIALECT } from "./wire.js";

/**
 * Parts of an answer that the wire cannot say (sealed reasoning, pieces of another dialect, pictures) travel in the
 * message's member `parlance`: `{"parts": [{"at": 0, "part": {...}}]}`, `part` in protobuf's JSON and `at` the part's
 * number. A client that sends the message back unchanged, as every agent loop does, gives them back unchanged.
 * @module
 */

/** Whether a part needs the member `parlance`. */
export function isBeyondWire(part: Part): boolean {
  const { kind } = part;
  switch (kind.case) {
    case "reasoning":
      return kind.value.signature !== undefined || kind.value.encryptedContent !== undefined;
    case "opaque":
      return kind.value.dialect !== DIALECT;
    case "image":
    case "file":
    case "toolResult":
      return true;
    default:
      return false;
  }
}

/** The member `parlance` of a message; undefined when no part needs it. */
export function writeBeyondWire(parts: readonly (Part | undefined)[]): JsonObject | undefined {
  const beyond = parts.flatMap((part, at) =>
    part !== undefined && isBeyondWire(part) ? [{ at, part: toJson(PartSchema, part) }] : [],
  );
  return beyond.length === 0 ? undefined : { parts: beyond };
}

/** Puts the parts of a message's member `parlance` where they were. */
export function readBeyondWire(member: JsonValue, path: string, parts: Part[]): void {
  const list = asObject(member, path).parts;
  if (list === undefined) return;
  asArray(list, `${path}.parts`).forEach((entry, index) => {
    const at = `${path}.parts[${index}]`;
    const { at: place, part } = asObject(entry, at);
    if (!isObject(part)) throw invalid(`${at}.part`, `${at}.part must be an object.`);
    parts.splice(asInteger(place, `${at}.at`), 0, readPart(part, at));
  });
}

function readPart(part: JsonObject, path: string): Part {
  try {
    return fromJson(PartSchema, part, { ignoreUnknownFields: true });
  } catch {
    throw invalid(`${path}.part`, `${path}.part is not a part that this gateway has sent.`);
  }
}
