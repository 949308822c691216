import { fromJson } from "@bufbuild/protobuf";
import { invalid, isObject, type JsonValue, kindOf, type RoutingHints, RoutingHintsSchema } from "../sdk/index.js";

/** What a caller tells the gateway itself, in any dialect. */
export interface OwnMember {
  strict?: boolean;
  routing?: RoutingHints;
}

/** Reads the member `parlance` of a request, which no provider sees. Throws `invalid_request` that names the field. */
export function readOwnMember(own: JsonValue): OwnMember {
  if (!isObject(own)) throw invalid("parlance", `parlance must be an object, not ${kindOf(own)}.`);
  const { strict, routing } = own;
  const out: OwnMember = {};
  if (strict !== undefined) {
    if (typeof strict !== "boolean") {
      throw invalid("parlance.strict", `parlance.strict must be true or false, not ${kindOf(strict)}.`);
    }
    out.strict = strict;
  }
  if (routing === undefined) return out;
  try {
    out.routing = fromJson(RoutingHintsSchema, routing);
  } catch (thrown) {
    throw invalid("parlance.routing", `parlance.routing is not right: ${(thrown as Error).message}.`);
  }
  return out;
}
