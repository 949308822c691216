import type { TargetDialect } from "@parlance/sdk";
import type { Defaults } from "../defaults.js";
import { decodeError } from "../errors.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { streamDecoder } from "./stream-decode.js";
import { DIALECT } from "./wire.js";

/** Cohere's chat, version 2: https://docs.cohere.com/reference/chat. `defaults`: what requests say where their caller does not. */
export function cohereChat(defaults: Defaults): TargetDialect {
  return {
    name: DIALECT,
    encodeRequest: (request, target) => encodeRequest(request, target, defaults),
    decodeResponse,
    streamDecoder,
    decodeError,
  };
}
