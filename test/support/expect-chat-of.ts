import type OpenAI from "openai";
import { expect } from "vitest";
import type { JsonObject } from "../../src/sdk/index.js";

interface Candidate {
  readonly content?: {
    readonly parts?: readonly {
      text?: string;
      thought?: boolean;
      functionCall?: { name?: string; args?: unknown; partialArgs?: unknown };
    }[];
  };
}

/** Expects of a chat completion that it says what the events of a recorded Gemini answer say. */
export function expectChatOf(completion: OpenAI.ChatCompletion, events: readonly JsonObject[]): void {
  const parts = events.flatMap(({ candidates }) => (candidates as Candidate[] | undefined)?.[0]?.content?.parts ?? []);
  const [choice] = completion.choices;
  const words = parts.filter(({ thought }) => thought !== true).map(({ text }) => text ?? "");
  expect(choice?.message.content ?? "").toBe(words.join(""));
  const called = parts.flatMap(({ functionCall }) => (functionCall?.name ? [functionCall] : []));
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call] : []));
  expect(calls.map((call) => call.function.name)).toEqual(called.map(({ name }) => name));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  for (const [index, call] of calls.entries()) {
    const args = JSON.parse(call.function.arguments) as unknown;
    // Arguments in pieces have a test of their own.
    if (called[index]?.args !== undefined || !JSON.stringify(parts).includes("partialArgs")) {
      expect(args).toEqual(called[index]?.args ?? {});
    }
  }
  const raw = events
    .flatMap(({ candidates }) => (candidates as JsonObject[] | undefined)?.[0]?.finishReason ?? [])
    .at(-1);
  const stop = calls.length > 0 ? "tool_calls" : "stop";
  // Some callers have asked for numbers in place of words.
  const stops: Record<string, string> = { STOP: stop, 1: stop, MAX_TOKENS: "length", 2: "length" };
  expect(choice?.finish_reason).toBe(raw === undefined ? "content_filter" : (stops[String(raw)] ?? "stop"));
  const usage = Object.assign({}, ...events.map(({ usageMetadata }) => usageMetadata)) as Record<string, number>;
  if (usage.promptTokenCount === undefined) return;
  expect(completion.usage?.prompt_tokens).toBe(usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0));
  expect(completion.usage?.completion_tokens).toBe((usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0));
}
