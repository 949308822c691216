import type { ChatRequest } from "@parlance/sdk";

/**
 * A text that is the same for requests that mean the same: the conversation, tools, tool choice and format. What only
 * limits or labels an answer is left out, so that a shorter limit gives the beginning of the same answer, and what
 * only one door can say, so that every door gets the same answer.
 */
export function fingerprint(request: ChatRequest): string {
  const { messages, tools, toolChoice, responseFormat } = request;
  return JSON.stringify([messages, tools, toolChoice, responseFormat], plain);
}

const LEFT_OUT: ReadonlySet<string> = new Set(["$typeName", "$unknown", "extensions", "cache"]);

function plain(this: unknown, key: string, value: unknown): unknown {
  if (LEFT_OUT.has(key)) return undefined;
  if (typeof value === "bigint") return value.toString();
  // The holder is asked, for a Buffer has already made an object of itself.
  const held = (this as Record<string, unknown>)[key];
  return held instanceof Uint8Array ? Buffer.from(held).toString("base64") : value;
}
