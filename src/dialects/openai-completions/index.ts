import type { ChatDialect } from "../../sdk/index.js";
import { glean } from "../openai-chat/glean.js";
import { passage } from "../openai-chat/passage.js";
import { asksForUsage, spliceRequest } from "../openai-chat/splice.js";
import { decodeError, encodeError, isForCaller } from "../openai-errors/index.js";
import { decodeRequest, echoOf } from "./request-decode.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { encodeResponse } from "./response-encode.js";
import { streamDecoder } from "./stream-decode.js";
import { streamEncoder } from "./stream-encode.js";
import { DIALECT } from "./wire.js";

/** OpenAI's legacy completions: https://platform.openai.com/docs/api-reference/completions */
export const openaiCompletions: ChatDialect = {
  name: DIALECT,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  echo: echoOf,
  spliceRequest,
  asksForUsage,
  passage,
  glean,
  decodeError: (status, headers, body) => decodeError(DIALECT, status, headers, body),
  encodeError,
  isForCaller,
};
