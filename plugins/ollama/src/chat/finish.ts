import { create, type Finish, FinishReason, FinishSchema, type JsonValue } from "@parlance/sdk";

const { STOP, LENGTH, TOOL_CALLS, UNSPECIFIED } = FinishReason;

/**
 * `done_reason` in the common words, from https://github.com/ollama/ollama/blob/main/llm/server.go (stop, length) and
 * its routes (load and unload: nothing was generated). Servers before 0.1.35 tell none.
 */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", STOP],
  ["length", LENGTH],
  ["load", STOP],
  ["unload", STOP],
  ["", STOP],
]);

/** How an answer ended. `calls`: whether it calls tools, which the wire tells as any other stop. */
export function decodeFinish(word: JsonValue | undefined, calls: boolean): Finish {
  const raw = typeof word === "string" ? word : "";
  const reason = REASONS.get(raw) ?? UNSPECIFIED;
  return create(FinishSchema, { reason: calls && reason === STOP ? TOOL_CALLS : reason, raw });
}
