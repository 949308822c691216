import { fromJson, toJson } from "@bufbuild/protobuf";
import { isObject, type JsonValue, type Part, PartSchema } from "../sdk/index.js";

/**
 * A part that a wire cannot say travels as text in a place that callers do not look into and send back unchanged, as
 * every agent loop does: `encrypted_content` of a reasoning item, `signature` of a thinking block. It tells the dialect
 * and the provider that made the part, so that it goes back to them. It is no secret: protobuf's JSON in base64.
 * @module
 */

/** How the gateway's own seals begin; those of providers never do. Long, since long words are found faster. */
export const SEAL = "parlance.sealed.part.v1:";

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
