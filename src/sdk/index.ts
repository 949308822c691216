/**
 * `@parlance/sdk`: what a provider plugin is written against, and what the gateway's own rooms stand on.
 * @module
 */
export * from "./chunk-order.js";
export * from "./chunks.js";
export * from "./dialect.js";
export * from "./error-details.js";
export * from "./errors.js";
export * from "./extensions.js";
export * from "./fold.js";
export * from "./http-errors.js";
export * from "./json-exact.js";
export * from "./json-skim.js";
export * from "./http-errors.js";
export * from "./losses.js";
export * from "./nearest.js";
export * from "./provider.js";
export * from "./retry-after.js";
export * from "./rpc-status.js";
export * from "./sse.js";
export * from "./stream-framing.js";
export * from "./unfold.js";
export * from "./vocabulary.js";
