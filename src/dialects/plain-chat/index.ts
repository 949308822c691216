import { type ChatFacade, invalid } from "../../sdk/index.js";
import { openaiChat } from "../openai-chat/index.js";
import { decodeError, encodeError } from "../openai-errors/index.js";
import { encodeResponse } from "./response-encode.js";
import { streamEncoder } from "./stream-encode.js";

const NAME = "plain-chat";

/**
 * The gateway's plain shape, for scripts: OpenAI's chat request in, one flat object out. No provider speaks it, so that
 * it faces in only.
 */
export const plainChat: ChatFacade = {
  name: NAME,
  decodeRequest(text) {
    const request = openaiChat.decodeRequest(text);
    if ((request.n ?? 1) > 1) throw invalid("n", "n must be 1: the plain shape has room for one answer.");
    return request;
  },
  encodeResponse,
  streamEncoder,
  // Its last event tells usage always.
  asksForUsage: () => true,
  decodeError: (status, headers, body) => decodeError(NAME, status, headers, body),
  encodeError,
};
