import { fromJson, toJson } from "@bufbuild/protobuf";
import { isObject, type JsonValue, type Part, PartSchema } from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/**
 * Parts of an answer that the wire cannot say (another provider's reasoning with its seal, pieces of another dialect)
 * travel as the `encrypted_content` of a reasoning item. Clients do not look into it and send it back unchanged, as
 * every agent loop does, and so the part comes back unchanged. It is no secret: the text is protobuf's JSON in base64.
 * @module
 */

/** How the gateway's own `encrypted_content` begins; that of providers never does. Long, since long words are found faster. */
export const SEAL = "parlance.sealed.part.v1:";

/** Whether a part can travel only sealed. */
export function mustBeSealed({ kind }: Part): boolean {
  switch (kind.case) {
    case "reasoning":
      return (kind.value.dialect !== undefined && kind.value.dialect !== DIALECT) || kind.value.signature !== undefined;
    case "opaque":
      return kind.value.dialect !== DIALECT;
    case "file":
    case "toolResult":
      return true;
    case "image":
      return kind.value.source.case !== "data";
    default:
      return false;
  }
}

/** The text of a sealed part. */
export function seal(part: Part): string {
  return SEAL + Buffer.from(JSON.stringify(toJson(PartSchema, part))).toString("base64url");
}

/** The part of a sealed text; undefined when the text is not ours. */
export function unseal(text: string): Part | undefined {
  if (!text.startsWith(SEAL)) return undefined;
  try {
    const value = JSON.parse(Buffer.from(text.slice(SEAL.length), "base64url").toString("utf8")) as JsonValue;
    return isObject(value) ? fromJson(PartSchema, value, { ignoreUnknownFields: true }) : undefined;
  } catch {
    return undefined;
  }
}
