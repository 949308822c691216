import type { ChatRequestSchema, MessageInitShape } from "../../sdk/index.js";

/** A chat request that is being read: its fields are set one by one. */
export type RequestInit = {
  -readonly [K in keyof MessageInitShape<typeof ChatRequestSchema>]: MessageInitShape<typeof ChatRequestSchema>[K];
};
