// The workspace's door to the built SDK, so that plugins and the gateway share one copy of it.
export * from "../../dist/sdk/index.js";
