import type { ChatDialect } from "../../sdk/index.js";
import { decodeError, encodeError, STATUSES } from "./errors.js";
import { glean } from "./glean.js";
import { CALLER_HEADERS, isForCaller, REQUEST_ID } from "./headers.js";
import { passage } from "./passage.js";
import { decodeRequest } from "./request-decode.js";
import { encodeCountRequest, encodeRequest } from "./request-encode.js";
import { decodeCountResponse, decodeResponse } from "./response-decode.js";
import { encodeCountResponse, encodeResponse } from "./response-encode.js";
import { spliceRequest } from "./splice.js";
import { streamDecoder } from "./stream-decode.js";
import { streamEncoder } from "./stream-encode.js";
import { refusalElsewhere } from "./thread.js";
import { DIALECT } from "./wire.js";
import { refusesSeals, removeSeals } from "./seals.js";

export { modelTraits as anthropicTraits } from "./model-traits.js";

/** Anthropic's Messages, and every server that speaks it: https://platform.claude.com/docs/en/api/messages */
export const anthropicMessages: ChatDialect = {
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
  refusalElsewhere,
  tokenCount: {
    encodeRequest: encodeCountRequest,
    decodeResponse: decodeCountResponse,
    encodeResponse: encodeCountResponse,
  },
  decodeError,
  encodeError,
  statuses: STATUSES,
  requestIdHeader: REQUEST_ID,
  isForCaller,
  callerHeaders: CALLER_HEADERS,
};
