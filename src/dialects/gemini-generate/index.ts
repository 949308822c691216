import type { ChatDialect } from "../../sdk/index.js";
import { decodeError, encodeError } from "./errors.js";
import { glean } from "./glean.js";
import { passage } from "./passage.js";
import { decodeRequest } from "./request-decode.js";
import { decodeCountResponse, encodeCountRequest, encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { encodeCountResponse, encodeResponse } from "./response-encode.js";
import { spliceRequest } from "./splice.js";
import { streamDecoder } from "./stream-decode.js";
import { streamEncoder } from "./stream-encode.js";
import { DIALECT } from "./wire.js";

export { modelTraits as geminiTraits } from "./model-traits.js";
export { geminiWishes } from "./wishes.js";
export { JsonArrayStream } from "./json-array-stream.js";

/** Google's `generateContent`, and every server that speaks it: https://ai.google.dev/api/generate-content */
export const gemini: ChatDialect = {
  name: DIALECT,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  spliceRequest,
  passage,
  glean,
  // The wire tells usage in every stream, asked or not.
  asksForUsage: () => true,
  tokenCount: {
    encodeRequest: encodeCountRequest,
    decodeResponse: decodeCountResponse,
    encodeResponse: encodeCountResponse,
  },
  decodeError,
  encodeError,
};
