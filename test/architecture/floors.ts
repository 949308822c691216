/**
 * Who may import whom. A module may import from its own room and from the floors below its own: never sideways into
 * another room of its floor, and never up. A new folder or file directly under src/ must be given its place here.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ["gen"],
  ["sdk"],
  ["dialects"],
  ["core", "store", "loader", "config"],
  ["access", "catalog", "guardrails", "cache", "routing", "resilience", "telemetry"],
  ["transport", "admin", "console"],
  [
    "call-timeouts-of.ts",
    "canary-entries.ts",
    "placement-of.ts",
    "retry-policy-of.ts",
    "settings-of-load.ts",
    "settings-of-targets.ts",
  ],
  ["route-entries.ts"],
  ["generation.ts"],
  ["gateway.ts"],
  ["cli"],
  ["main.ts"],
];

/**
 * Rooms whose folders are strangers to one another too. What lies beside the folders is shared by them, and imports
 * none of them, but for `index.ts`, which gathers them.
 */
export const ROOMS_OF_STRANGERS: readonly string[] = ["src/dialects", "src/transport"];

/** Folders in such a room that their neighbours may import: what several of them share. */
export const SHARED_FOLDERS: readonly string[] = ["src/dialects/openai-errors", "src/dialects/openai-chat"];

/** The one thing of the house that a plugin sees. */
export const PLUGINS_SEE = "@parlance/sdk";
