import type { TargetEmbeddingDialect } from "@parlance/sdk";
import { DIALECT } from "../chat/wire.js";
import type { Defaults } from "../defaults.js";
import { decodeError } from "../errors.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";

/** Cohere's embeddings, version 2: https://docs.cohere.com/reference/embed. `defaults`: what requests say where their caller does not. */
export function cohereEmbed(defaults: Defaults): TargetEmbeddingDialect {
  return {
    name: DIALECT,
    encodeRequest: (request, target) => encodeRequest(request, target, defaults),
    decodeResponse,
    decodeError,
  };
}
