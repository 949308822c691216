import type { ChatDialect } from "../../sdk/index.js";
import { decodeError, encodeError, isForCaller } from "../openai-errors/index.js";
import { glean } from "./glean.js";
import { passage } from "./passage.js";
import { decodeRequest } from "./request-decode.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { encodeResponse } from "./response-encode.js";
import { spliceRequest } from "./splice.js";
import { streamDecoder } from "./stream-decode.js";
import { streamEncoder } from "./stream-encode.js";
import { decodeCountResponse, encodeCountRequest, encodeCountResponse } from "./token-count.js";
import { DIALECT } from "./wire.js";
import { refusesSeals, removeSeals } from "./seals.js";

/** OpenAI's Responses, and every server that speaks it: https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: ChatDialect = {
  name: DIALECT,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  spliceRequest,
  seals: { remove: removeSeals, refused: refusesSeals },
  passage,
  glean,
  // The wire tells usage in every stream, asked or not.
  asksForUsage: () => true,
  tokenCount: {
    encodeRequest: encodeCountRequest,
    decodeResponse: decodeCountResponse,
    encodeResponse: encodeCountResponse,
  },
  decodeError: (status, headers, body) => decodeError(DIALECT, status, headers, body),
  encodeError,
  isForCaller,
};
