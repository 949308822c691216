import { type EmbeddingDialect, splice } from "../../sdk/index.js";
import { decodeError, encodeError, isForCaller } from "../openai-errors/index.js";
import { isEncodedAs } from "./encoding.js";
import { glean } from "./glean.js";
import { decodeRequest } from "./request-decode.js";
import { encodeRequest } from "./request-encode.js";
import { decodeResponse } from "./response-decode.js";
import { encodeResponse } from "./response-encode.js";
import { DIALECT } from "./wire.js";

/** OpenAI's embeddings, and every server that speaks them: https://platform.openai.com/docs/api-reference/embeddings */
export const embeddings: EmbeddingDialect = {
  name: DIALECT,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  spliceRequest(body, members, target) {
    const model = members.byName.get("model");
    const name = JSON.stringify(target.model);
    if (model === undefined || body.toString("utf8", model.start, model.end) === name) return body;
    return splice(body, [{ ...model, text: name }]);
  },
  glean,
  isEncodedAs,
  decodeError: (status, headers, body) => decodeError(DIALECT, status, headers, body),
  encodeError,
  isForCaller,
};
