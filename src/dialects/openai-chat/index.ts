import type { ChatDialect } from "../../sdk/index.js";
import { decodeError, encodeError, isForCaller } from "../openai-errors/index.js";
import { fits } from "./fits.js";
import { glean } from "./glean.js";
import { passage } from "./passage.js";
import { decodeRequest } from "./request-decode.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { encodeResponse } from "./response-encode.js";
import { asksForUsage, spliceRequest } from "./splice.js";
import { streamDecoder } from "./stream-decode.js";
import { streamEncoder } from "./stream-encode.js";
import { DIALECT } from "./wire.js";

/** OpenAI's Chat Completions, and every server that speaks it: https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: ChatDialect = {
  name: DIALECT,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  spliceRequest,
  fits,
  asksForUsage,
  passage,
  glean,
  decodeError: (status, headers, body) => decodeError(DIALECT, status, headers, body),
  encodeError,
  isForCaller,
};
