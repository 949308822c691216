import { awsEventStreamFraming, type TargetDialect } from "@parlance/sdk";
import { decodeError, refusesSeals } from "./errors.js";
import { type ConverseOptions, encodeCountRequest, encodeRequest } from "./request-encode.js";
import { decodeCountResponse, decodeResponse } from "./response-decode.js";
import { streamDecoder } from "./stream-decode.js";
import { DIALECT } from "./wire.js";

/** Bedrock's Converse, as one operator has set it up: https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html */
export function converseDialect(options: ConverseOptions): TargetDialect {
  return {
    name: DIALECT,
    encodeRequest: (request, target) => encodeRequest(request, target, options),
    decodeResponse,
    streamDecoder,
    framing: awsEventStreamFraming,
    seals: { refused: refusesSeals },
    tokenCount: {
      encodeRequest: (request, target) => encodeCountRequest(request, target, options),
      decodeResponse: decodeCountResponse,
    },
    decodeError,
  };
}
