import { describe, expect, it } from "vitest";
import bedrock from "../../plugins/bedrock/src/index.js";
import cohere from "../../plugins/cohere/src/index.js";
import mistral from "../../plugins/mistral/src/index.js";
import ollama from "../../plugins/ollama/src/index.js";
import { claudeMessages } from "../../plugins/vertex/src/claude.js";
import { gemini, openaiChat } from "../../src/dialects/index.js";
import { awsEventStreamFraming, isObject, type JsonObject, readSse, type TargetDialect } from "../../src/sdk/index.js";
import { type Recording, recordings } from "../recordings.js";
import type { Told } from "../support/answer-mutants.js";
import { type Answer, faultsOf } from "../support/faults-of-mutants.js";
import { dialectsOf } from "../support/target-dialects.js";

const wires: readonly [string, TargetDialect, Parameters<typeof recordings>[0]][] = [
  [
    "bedrock",
    dialectsOf(bedrock, { region: "us-east-1" }).chat,
    { provider: "bedrock", api: ["converse", "converse-stream"] },
  ],
  ["cohere", dialectsOf(cohere).chat, { provider: "cohere", api: "v2.chat" }],
  ["ollama", dialectsOf(ollama).chat, { provider: "ollama", api: "native.chat" }],
  ["mistral", dialectsOf(mistral).chat, { provider: "mistral", api: "chat" }],
  ["azure", openaiChat, { provider: "azure", api: "chat" }],
  ["gemini", gemini, { provider: ["gemini", "vertex"], api: ["generateContent", "streamGenerateContent"] }],
  [
    "claude on vertex",
    claudeMessages,
    { provider: "vertex", api: ["anthropic.rawPredict", "anthropic.streamRawPredict"] },
  ],
  [
    "compatible rows",
    openaiChat,
    {
      provider: [
        "groq",
        "openrouter",
        "deepseek",
        "xai",
        "huggingface",
        "zai",
        "perplexity",
        "cerebras",
        "together",
        "alibaba",
      ],
      api: "chat",
    },
  ],
];

describe.each(wires)("an answer of %s as it might also have come", (_name, dialect, wanted) => {
  it("is an error of the table, or has lost nothing that it says", { timeout: 300_000 }, () => {
    const answers = recordings(wanted).flatMap((recording) => answerOf(recording) ?? []);
    const { faults, read } = faultsOf(dialect, answers);
    expect(read).toBeGreaterThan(200);
    expect(faults).toEqual([]);
  });
});

function answerOf({ file, response }: Recording): Answer | undefined {
  if (response.status !== 200) return undefined;
  if (isObject(response.body)) return { file, pieces: [{ event: "", payload: response.body }], streamed: false };
  const pieces: Told[] = [];
  const add = (event: string, text: string) => {
    if (text.trim() !== "" && text !== "[DONE]") pieces.push({ event, payload: JSON.parse(text) as JsonObject });
  };
  if (response.base64 !== undefined) {
    const reader = awsEventStreamFraming.reader();
    reader.push(Buffer.from(response.base64, "base64"), ({ event, data }) => add(event, data));
  } else if (response.sse !== undefined) readSse(response.sse, ({ event, data }) => add(event, data));
  else if (response.ndjson !== undefined) for (const line of response.ndjson.split("\n")) add("", line);
  for (const chunk of response.chunks ?? []) {
    for (const [event, payload] of Object.entries(chunk)) pieces.push({ event, payload: payload as JsonObject });
  }
  return pieces.length > 0 && pieces.every(({ payload }) => isObject(payload))
    ? { file, pieces, streamed: true }
    : undefined;
}
