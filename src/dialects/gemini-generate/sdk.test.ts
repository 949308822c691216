import { ApiError, FinishReason as SdkFinish, GoogleGenAI } from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answering, event, follow } from "../../../test/support/gemini-requests.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../../../test/kits/upstream.js";
import {
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  FinishReason,
  ParlanceError,
  Role,
  unfold,
} from "../../sdk/index.js";
import { gemini } from "./index.js";

let server: TestUpstream;
let client: GoogleGenAI;

beforeAll(async () => {
  server = await startUpstream();
  client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: server.url, retryOptions: { attempts: 1 } } });
});
afterAll(() => server.close());

/** An answer as another provider gave it. */
const foreign: Completion = create(CompletionSchema, {
  id: "msg_1",
  model: "claude-x",
  choices: [
    create(ChoiceSchema, {
      message: {
        role: Role.ASSISTANT,
        parts: [
          { kind: { case: "reasoning", value: { text: "hm", signature: "theirs", dialect: "anthropic-messages" } } },
          { kind: { case: "text", value: { text: "Grüße 🌍" } } },
          { kind: { case: "toolCall", value: { id: "a", name: "look", arguments: '{"city":"Rome"}' } } },
          { kind: { case: "toolCall", value: { id: "b", name: "look", arguments: '{"city":"Oslo"}' } } },
        ],
      },
      finish: { reason: FinishReason.TOOL_CALLS, raw: "tool_use" },
    }),
  ],
  usage: { inputTokens: 10, outputTokens: 5, reasoningTokens: 2 },
});
const calls = [
  { id: "a", name: "look", args: { city: "Rome" } },
  { id: "b", name: "look", args: { city: "Oslo" } },
];
const streamed = (chunks: Parameters<ReturnType<typeof gemini.streamEncoder>["encode"]>[0][]): string => {
  const encoder = gemini.streamEncoder(answering);
  return chunks.map((chunk) => encoder.encode(chunk)).join("");
};
const ask = { model: "any", contents: "hi" };

describe("Google's own client", () => {
  it("reads an answer of another provider", async () => {
    server.behave(answerJson(gemini.encodeResponse(foreign, answering)));
    const answer = await client.models.generateContent(ask);
    expect(answer.text).toBe("Grüße 🌍");
    expect(answer.functionCalls).toEqual(calls);
    expect(answer.candidates?.[0]?.finishReason).toBe(SdkFinish.STOP);
    expect(answer.candidates?.[0]?.content?.parts?.[0]).toEqual({ text: "hm", thought: true });
    expect(answer.usageMetadata).toMatchObject({
      promptTokenCount: 10,
      candidatesTokenCount: 3,
      thoughtsTokenCount: 2,
      totalTokenCount: 15,
    });
    expect(answer.modelVersion).toBe("claude-x");
    expect(answer.responseId).toBe("msg_1");
  });

  it("reads it as a stream, however it is cut", async () => {
    for (const sizes of [[], [1], [7, 3]]) {
      server.behave(answerSse(streamed(unfold(foreign)), sizes));
      let text = "";
      const called: unknown[] = [];
      const finishes: unknown[] = [];
      let total: number | undefined;
      for await (const piece of await client.models.generateContentStream(ask)) {
        text += piece.text ?? "";
        called.push(...(piece.functionCalls ?? []));
        if (piece.candidates?.[0]?.finishReason !== undefined) finishes.push(piece.candidates[0].finishReason);
        total = piece.usageMetadata?.totalTokenCount;
      }
      expect([text, called, finishes, total]).toEqual(["Grüße 🌍", calls, ["STOP"], 15]);
    }
  });

  it("holds a conversation with calls whose seals and ids come back", async () => {
    const signed = event([{ functionCall: { name: "look", args: {} }, thoughtSignature: "YQ==" }], {
      finishReason: "STOP",
    });
    server.behave(answerSse(streamed(follow(signed).chunks)));
    const chat = client.chats.create({ model: "any" });
    for await (const piece of await chat.sendMessageStream({ message: "hi" })) expect(piece).toBeDefined();
    server.behave(answerJson(event([{ text: "done" }], { finishReason: "STOP" })));
    await chat.sendMessage({ message: { functionResponse: { name: "look", response: { output: "sunny" } } } });
    const request = gemini.decodeRequest((server.seen.at(-1)?.body ?? "").toString());
    // The client keeps each event of a stream as a content of its own.
    const [, model] = request.messages;
    const results = request.messages.at(-1);
    expect(model?.parts.map(({ kind }) => kind.case).slice(0, 2)).toEqual(["reasoning", "toolCall"]);
    expect(model?.parts[0]?.kind.value).toMatchObject({ signature: "YQ==" });
    const id = model?.parts[1]?.kind.case === "toolCall" ? model.parts[1].kind.value.id : undefined;
    expect(results?.parts[0]?.kind.value).toMatchObject({
      toolCallId: id,
      content: [{ kind: { value: { text: "sunny" } } }],
    });
  });

  it("is told why a prompt was blocked", async () => {
    const blocked = gemini.decodeResponse('{"promptFeedback":{"blockReason":"SAFETY"},"responseId":"r"}');
    server.behave(answerJson(gemini.encodeResponse(blocked, answering)));
    const answer = await client.models.generateContent(ask);
    expect(answer.promptFeedback?.blockReason).toBe("SAFETY");
    expect(answer.text).toBeUndefined();
  });

  it("throws its own error, whole and within a stream", async () => {
    const error = new ParlanceError("rate_limited", "slow down", { retryAfterMs: 1000 });
    server.behave(answerJson(gemini.encodeError(error, "req1"), 429));
    const failed = await client.models.generateContent(ask).catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({ status: 429 });
    expect((failed as ApiError).message).toContain("slow down");
    const encoder = gemini.streamEncoder(answering);
    const [start, part] = unfold(foreign).slice(0, 2);
    const cut = [start, part].map((chunk) => (chunk === undefined ? "" : encoder.encode(chunk))).join("");
    server.behave(answerSse(cut + encoder.error(new ParlanceError("provider_overloaded", "busy"))));
    const read = async () => {
      for await (const piece of await client.models.generateContentStream(ask)) expect(piece).toBeDefined();
    };
    const broken = await read().catch((thrown: unknown) => thrown);
    expect(broken).toBeInstanceOf(ApiError);
    expect((broken as ApiError).message).toContain("busy");
  });
});
