import type { TargetEmbeddingDialect } from "@parlance/sdk";
import type { Defaults } from "../defaults.js";
import { decodeError } from "../errors.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { DIALECT } from "../chat/wire.js";

/** Ollama's own embeddings: https://docs.ollama.com/api/embed. `defaults`: what requests say where their caller does not. */
export function ollamaEmbed(defaults: Defaults): TargetEmbeddingDialect {
  return {
    name: DIALECT,
    encodeRequest: (request, target) => encodeRequest(request, target, defaults),
    decodeResponse,
    decodeError,
  };
}
