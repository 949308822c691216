import { ndjsonFraming, type TargetDialect } from "@parlance/sdk";
import type { Defaults } from "../defaults.js";
import { decodeError } from "../errors.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { streamDecoder } from "./stream-decode.js";
import { DIALECT } from "./wire.js";

/** Ollama's own chat: https://docs.ollama.com/api/chat. `defaults`: what requests say where their caller does not. */
export function ollamaChat(defaults: Defaults): TargetDialect {
  return {
    name: DIALECT,
    framing: ndjsonFraming,
    encodeRequest: (request, target) => encodeRequest(request, target, defaults),
    decodeResponse,
    streamDecoder,
    decodeError,
  };
}
