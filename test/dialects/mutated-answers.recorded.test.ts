import { describe, expect, it } from "vitest";
import bedrock from "../../plugins/bedrock/src/index.js";
import cohere from "../../plugins/cohere/src/index.js";
import mistral from "../../plugins/mistral/src/index.js";
import ollama from "../../plugins/ollama/src/index.js";
import { claudeMessages } from "../../plugins/vertex/src/claude.js";
import { gemini, openaiChat, openaiResponses } from "../../src/dialects/index.js";
import { awsEventStreamFraming, type Completion, isObject, type JsonObject, readSse, type TargetDialect } from "../../src/sdk/index.js";
import { type Recording, recordings } from "../recordings.js";
import { mutantsOf } from "../support/answer-mutants.js";
import { gistOf, readPayloads, toldOf, type WireForm, wordsOf } from "../support/read-mutant.js";
import { dialectsOf } from "../support/target-dialects.js";

/** How many mutants of one shape are read of each provider. */
const OF_A_SHAPE = 3;

const wires: readonly [string, TargetDialect, Parameters<typeof recordings>[0]][] = [
  ["bedrock", dialectsOf(bedrock, { region: "us-east-1" }).chat, { provider: "bedrock", api: ["converse", "converse-stream"] }],
  ["cohere", dialectsOf(cohere).chat, { provider: "cohere", api: "v2.chat" }],
  ["ollama", dialectsOf(ollama).chat, { provider: "ollama", api: "native.chat" }],
  ["mistral", dialectsOf(mistral).chat, { provider: "mistral", api: "chat" }],
  ["azure", openaiChat, { provider: "azure", api: "chat" }],
  ["azure responses", openaiResponses, { provider: "azure", api: "responses" }],
  ["gemini", gemini, { provider: ["gemini", "vertex"], api: ["generateContent", "streamGenerateContent"] }],
  ["claude on vertex", claudeMessages, { provider: "vertex", api: ["anthropic.rawPredict", "anthropic.streamRawPredict"] }],
  ["compatible rows", openaiChat, { provider: ["groq", "openrouter", "deepseek", "xai", "huggingface", "zai", "perplexity", "cerebras", "together", "alibaba"], api: "chat" }],
];

describe.each(wires)("an answer of %s as it might also have come", (_name, dialect, wanted) => {
  it("is an error of the table, or has lost nothing that it says", { timeout: 300_000 }, () => {
    const seen = new Map<string, number>();
    const faults = new Map<string, string>();
    let read = 0;
    for (const recording of recordings(wanted)) {
      if (recording.response.status !== 200) continue;
      const found = payloadsOf(recording, dialect);
      if (found === undefined) continue;
      const [form, payloads] = found;
      const whole = readPayloads(form, payloads);
      const unread = new Set(whole && lostOf(payloads, whole));
      for (const mutant of mutantsOf(payloads)) {
        const kind = `${form.events === undefined ? "whole" : "streamed"}, ${mutant.what}`;
        const times = seen.get(kind) ?? 0;
        if (times >= OF_A_SHAPE && !mutant.same) continue;
        seen.set(kind, times + 1);
        read += 1;
        const fault = faultOf(() => readPayloads(form, mutant.payloads), mutant, whole && gistOf(whole), unread);
        if (fault !== undefined) faults.set(kind, `${recording.file}: ${fault}`);
      }
    }
    expect(read).toBeGreaterThan(50);
    expect([...faults].map(([kind, fault]) => `${kind}\n    ${fault}`)).toEqual([]);
  });
});

function faultOf(read: () => ReturnType<typeof readPayloads>, mutant: { payloads: readonly JsonObject[]; same: boolean; absurd: boolean }, gist: unknown, unread: ReadonlySet<string>): string | undefined {
  let completion: ReturnType<typeof readPayloads>;
  try {
    completion = read();
  } catch (thrown) {
    return `throws ${String(thrown)}`;
  }
  if (mutant.same) {
    const now = completion && gistOf(completion);
    return JSON.stringify(now) === JSON.stringify(gist) ? undefined : `is read otherwise: ${JSON.stringify(now)}`;
  }
  if (completion === undefined || mutant.absurd) return undefined;
  const lost = lostOf(mutant.payloads, completion).find((word) => !unread.has(word));
  return lost === undefined ? undefined : `loses ${JSON.stringify(lost.slice(0, 80))}`;
}

function lostOf(payloads: readonly JsonObject[], completion: Completion): string[] {
  const told = toldOf(completion);
  return payloads.flatMap((payload) => wordsOf(payload)).filter((word) => !told.some((text) => text.includes(word)));
}

function payloadsOf({ response }: Recording, dialect: TargetDialect): [WireForm, JsonObject[]] | undefined {
  if (isObject(response.body)) return [{ dialect }, [response.body]];
  const events: { event: string; payload: JsonObject }[] = [];
  const add = (event: string, text: string) => {
    if (text.trim() !== "" && text !== "[DONE]") events.push({ event, payload: JSON.parse(text) as JsonObject });
  };
  if (response.base64 !== undefined) {
    const reader = awsEventStreamFraming.reader();
    reader.push(Buffer.from(response.base64, "base64"), ({ event, data }) => add(event, data));
  } else if (response.sse !== undefined) readSse(response.sse, ({ event, data }) => add(event, data));
  else if (response.ndjson !== undefined) for (const line of response.ndjson.split("\n")) add("", line);
  else for (const chunk of response.chunks ?? []) for (const [event, payload] of Object.entries(chunk)) events.push({ event, payload: payload as JsonObject });
  if (events.length === 0 || !events.every(({ payload }) => isObject(payload))) return undefined;
  return [{ dialect, events: events.map(({ event }) => event) }, events.map(({ payload }) => payload)];
}
