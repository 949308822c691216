/**
 * `@parlance/sdk`: what a provider plugin is written against, and what the gateway's own rooms stand on.
 * @module
 */
export * from "./aws-event-stream.js";
export * from "./chunk-order.js";
export * from "./chunks.js";
export * from "./connection-error.js";
export * from "./content-decoder.js";
export * from "./dialect.js";
export * from "./error-details.js";
export * from "./errors.js";
export * from "./extensions.js";
export * from "./find-dialect.js";
export * from "./fold.js";
export * from "./foreign-fields.js";
export * from "./glob.js";
export * from "./header-safe.js";
export * from "./http-errors.js";
export * from "./http.js";
export * from "./json-exact.js";
export * from "./json-skim.js";
export * from "./losses.js";
export * from "./model-facts.js";
export * from "./model-path.js";
export * from "./money.js";
export * from "./ndjson.js";
export * from "./nearest.js";
export * from "./no-credential.js";
export * from "./provider.js";
export * from "./read-answer.js";
export * from "./retry-after.js";
export * from "./rpc-status.js";
export * from "./speak-wire.js";
export * from "./sse.js";
export * from "./stream-framing.js";
export * from "./stream-reader.js";
export * from "./token-cache.js";
export * from "./unfold.js";
export * from "./unreadable.js";
export * from "./vocabulary.js";
