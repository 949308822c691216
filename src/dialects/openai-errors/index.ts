/**
 * Errors and headers as OpenAI's REST API has them, for every dialect that shares them.
 * @module
 */
export { decodeError, errorFromBody } from "./decode-error.js";
export { encodeError } from "./encode-error.js";
export { isForCaller } from "./is-for-caller.js";
