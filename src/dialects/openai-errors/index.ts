/**
 * Errors as OpenAI's REST API writes them, for every dialect that shares them.
 * @module
 */
export { decodeError, errorFromBody } from "./decode-error.js";
export { encodeError } from "./encode-error.js";
