import { ApiError, type Content, FunctionCallingConfigMode, type GenerateContentResponse, Type } from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { geminiAnswer, geminiStream } from "../kits/gemini-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { googleSdk } from "./clients/google-client.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: ReturnType<typeof googleSdk>;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: k }
`);
  client = googleSdk(gateway.url);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

type Wire = Record<string, unknown>;

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const tools = [
  {
    functionDeclarations: [
      {
        name: "get_weather",
        description: "Weather now.",
        parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ["city"] },
      },
    ],
  },
];
const both: Script = {
  text: "Looking it up.",
  toolCalls: [
    { id: "call_a", name: "get_weather", arguments: '{"city":"Oslo"}' },
    { id: "call_b", name: "get_weather", arguments: '{"city":"Rome"}' },
  ],
  finish: "tool_calls",
  inputTokens: 64,
  outputTokens: 40,
};
const plain: Script = { text: "one two three", finish: "stop", inputTokens: 5, outputTokens: 3 };

/** What the upstream was asked last. */
const asked = (): Wire => upstream.seen[upstream.seen.length - 1]?.json() as Wire;

async function gather(stream: AsyncIterable<GenerateContentResponse>): Promise<GenerateContentResponse[]> {
  const events: GenerateContentResponse[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Each dialect of an upstream, as the model's name, the way in which it says a script, and its error in a stream. */
const upstreams = [
  {
    name: "OpenAI's",
    model: "up/any",
    whole: openAiAnswer,
    stream: openAiStream,
    failure: 'data: {"error":{"message":"boom","type":"server_error"}}\n\n',
  },
  {
    name: "Anthropic's",
    model: "claude/claude-sonnet-4-5",
    whole: anthropicAnswer,
    stream: anthropicStream,
    failure: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"boom"}}\n\n',
  },
  {
    name: "its own",
    model: "google/gemini-3-flash-preview",
    whole: geminiAnswer,
    stream: geminiStream,
    failure: 'data: {"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}\r\n\r\n',
  },
] as const;

/** The events of a stream before the one that says this. */
function until(text: string, word: string): string {
  const half = text.slice(0, text.indexOf(word));
  return half.slice(0, Math.max(half.lastIndexOf("\n\n") + 2, half.lastIndexOf("\r\n\r\n") + 4));
}

describe.each(upstreams)(
  "a stream of a provider that speaks $name dialect",
  ({ model, whole, stream: said, failure }) => {
    it("tells texts as they grow, and each call once", async () => {
      upstream.behave(answerSse(said(both), [9, 1, 150]));
      const events = await gather(
        await client.models.generateContentStream({ model, contents: "Hi", config: { tools } }),
      );
      const texts = events.flatMap(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text || []);
      expect(texts.length).toBeGreaterThan(1);
      expect(texts.join("")).toBe("Looking it up.");
      const calls = events.flatMap(({ functionCalls }) => functionCalls ?? []);
      expect(calls).toEqual([
        { id: "call_a", name: "get_weather", args: { city: "Oslo" } },
        { id: "call_b", name: "get_weather", args: { city: "Rome" } },
      ]);
      expect(events.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
      expect(events.at(-1)?.usageMetadata).toMatchObject({
        promptTokenCount: 64,
        candidatesTokenCount: 40,
        totalTokenCount: 104,
      });
      for (const event of events) expect(event).toMatchObject({ modelVersion: expect.stringMatching(/./) as string });
    });

    it("raises an error that comes after the commit, and ends there", async () => {
      for (const ending of [failure, ""]) {
        upstream.behave(answerSse(until(said(plain), "two") + ending));
        const texts: string[] = [];
        const read = async () => {
          for await (const { text } of await client.models.generateContentStream({ model, contents: "Hi" })) {
            texts.push(text ?? "");
          }
        };
        const error = await read().then(
          () => expect.fail("it ended well"),
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(ApiError);
        expect((error as ApiError).status).toBeGreaterThanOrEqual(500);
        if (ending !== "") expect((error as ApiError).message).toContain("boom");
        expect(texts.join("").trim()).toBe("one");
      }
    });

    it("closes the provider's connection when it is aborted, and a whole answer's too", async () => {
      const begun = until(said(plain), "two");
      for (const how of ["streamed", "whole"]) {
        const controller = new AbortController();
        const closed = new Promise<void>((resolve) => {
          upstream.behave((_request, response) => {
            response.once("close", resolve);
            if (how === "whole") return controller.abort();
            response.writeHead(200, { "content-type": "text/event-stream" });
            response.write(begun);
          });
        });
        const params = { model, contents: "Hi", config: { abortSignal: controller.signal } };
        const read = async () => {
          if (how === "whole") return void (await client.models.generateContent(params));
          for await (const event of await client.models.generateContentStream(params)) {
            expect(event.text).toBeDefined();
            controller.abort();
          }
        };
        await expect(read()).rejects.toMatchObject({ name: "AbortError" });
        await closed;
      }
    });

    it("is one turn of a chat, whose calls and results come back in the next", async () => {
      upstream.behave(answerSse(said(both)));
      const chat = client.chats.create({ model, config: { tools, systemInstruction: "Be brief." } });
      await gather(await chat.sendMessageStream({ message: "Weather in Oslo and Rome?" }));
      upstream.behave(answerJson(whole({ ...plain, text: "Cold, warm." })));
      const answer = await chat.sendMessage({
        message: [
          { functionResponse: { id: "call_a", name: "get_weather", response: { output: "4 degrees" } } },
          { functionResponse: { id: "call_b", name: "get_weather", response: { output: "20 degrees" } } },
        ],
      });
      expect(answer.text).toBe("Cold, warm.");
      const conversation = JSON.stringify(asked());
      for (const word of ["Be brief.", "Weather in Oslo and Rome?", "Oslo", "Rome", "4 degrees", "20 degrees"]) {
        expect(conversation).toContain(word);
      }
      expect(conversation.indexOf("4 degrees")).toBeLessThan(conversation.indexOf("20 degrees"));
      expect(chat.getHistory(true).at(-1)).toMatchObject({ role: "model", parts: [{ text: "Cold, warm." }] });
    });
  },
);

describe("a conversation with a provider of another dialect", () => {
  it("gives back the results of tools, each to its call", async () => {
    const contents: Content[] = [
      { role: "user", parts: [{ text: "Weather in Oslo and Rome?" }] },
      {
        role: "model",
        parts: [
          { text: "Looking it up." },
          { functionCall: { name: "get_weather", args: { city: "Oslo" } } },
          { functionCall: { name: "get_weather", args: { city: "Rome" } } },
        ],
      },
      {
        role: "user",
        parts: [
          // Without ids, as older models of this wire have them: their order tells.
          { functionResponse: { name: "get_weather", response: { output: "4 degrees" } } },
          { functionResponse: { name: "get_weather", response: { output: "20 degrees" } } },
        ],
      },
    ];
    upstream.behave(answerJson(openAiAnswer(plain)));
    await client.models.generateContent({ model: "up/any", contents, config: { tools } });
    const { messages } = asked() as { messages: { tool_calls?: { id: string }[] }[] };
    const [first, second] = messages[1]?.tool_calls ?? [];
    expect(first?.id).not.toBe(second?.id);
    expect(messages).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: "Looking it up.",
        tool_calls: [{ function: { arguments: '{"city":"Oslo"}' } }, { function: { arguments: '{"city":"Rome"}' } }],
      },
      { role: "tool", tool_call_id: first?.id, content: expect.stringContaining("4 degrees") as string },
      { role: "tool", tool_call_id: second?.id, content: expect.stringContaining("20 degrees") as string },
    ]);
    upstream.behave(answerJson(anthropicAnswer(plain)));
    await client.models.generateContent({ model: "claude/claude-sonnet-4-5", contents, config: { tools } });
    const blocks = (asked() as { messages: { content: Wire[] }[] }).messages;
    const ids = blocks[1]?.content.flatMap(({ type, id }) => (type === "tool_use" ? [id] : []));
    expect(blocks[2]?.content.map((block) => [block.type, block.tool_use_id])).toEqual(
      ids?.map((id) => ["tool_result", id]),
    );
  });

  it("gives back the calls of a streamed turn in one message, whatever the dialect", async () => {
    for (const { model, whole, stream: said } of upstreams) {
      upstream.behave(answerSse(said({ ...both, text: "Looking it up: now." })));
      const chat = client.chats.create({ model, config: { tools } });
      await gather(await chat.sendMessageStream({ message: "Weather?" }));
      upstream.behave(answerJson(whole(plain)));
      await chat.sendMessage({
        message: ["call_a", "call_b"].map((id) => ({
          functionResponse: { id, name: "get_weather", response: { output: "4 degrees" } },
        })),
      });
      if (model.startsWith("google/")) continue;
      const { messages } = asked() as { messages: { role: string; content: unknown; tool_calls?: Wire[] }[] };
      const [, assistant] = messages;
      expect(messages.filter(({ role }) => role === "assistant")).toHaveLength(1);
      expect(JSON.stringify(assistant?.content)).toContain('"Looking it up: now."');
      for (const id of ["call_a", "call_b"]) expect(JSON.stringify(assistant)).toContain(`"id":"${id}"`);
    }
  });

  const config = {
    systemInstruction: { parts: [{ text: "Be brief." }, { text: "Be kind." }] },
    temperature: 0.5,
    maxOutputTokens: 99,
    stopSequences: ["END"],
    responseMimeType: "application/json",
    responseSchema: { type: Type.OBJECT, properties: { answer: { type: Type.INTEGER } }, required: ["answer"] },
    toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
    tools,
  };
  const contents = [
    { role: "user", parts: [{ inlineData: { mimeType: "image/png", data: PIXEL } }, { text: "What is it?" }] },
  ];

  it("sends system words, pictures, limits, schemas and tools in OpenAI's words", async () => {
    upstream.behave(answerJson(openAiAnswer({ ...plain, text: '{"answer":42}', finish: "length" })));
    const answer = await client.models.generateContent({ model: "up/any", contents, config });
    expect(answer.text).toBe('{"answer":42}');
    expect(answer.candidates?.[0]?.finishReason).toBe("MAX_TOKENS");
    const body = asked() as Wire & { messages: Wire[] };
    expect(JSON.stringify(body.messages[0])).toMatch(/system.*Be brief\..*Be kind\./);
    expect(body.messages[1]).toMatchObject({
      role: "user",
      content: [
        { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
        { type: "text", text: "What is it?" },
      ],
    });
    expect(body).toMatchObject({
      temperature: 0.5,
      max_tokens: 99,
      stop: ["END"],
      tool_choice: "required",
      tools: [{ function: { name: "get_weather", parameters: { type: "object" } } }],
      response_format: {
        type: "json_schema",
        json_schema: { schema: { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"] } },
      },
    });
  });

  it("sends them in Anthropic's words", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const { responseMimeType: _, responseSchema: __, ...rest } = config;
    await client.models.generateContent({ model: "claude/claude-sonnet-4-5", contents, config: rest });
    expect(asked()).toMatchObject({
      max_tokens: 99,
      temperature: 0.5,
      stop_sequences: ["END"],
      tool_choice: { type: "any" },
      tools: [{ name: "get_weather", input_schema: { type: "object" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
            { type: "text", text: "What is it?" },
          ],
        },
      ],
    });
    expect(JSON.stringify(asked().system)).toMatch(/Be brief\..*Be kind\./);
  });

  it("asks for thinking, and reads thoughts apart from the answer", async () => {
    upstream.behave(answerSse(anthropicStream({ ...plain, reasoning: "Let me think." })));
    const events = await gather(
      await client.models.generateContentStream({
        model: "claude/claude-sonnet-4-5",
        contents: "Hi",
        config: { thinkingConfig: { thinkingBudget: 2048, includeThoughts: true }, maxOutputTokens: 5000 },
      }),
    );
    expect(asked().thinking).toMatchObject({ type: "enabled", budget_tokens: 2048 });
    const parts = events.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
    const words = (thought: boolean) =>
      parts.map((part) => (Boolean(part.thought) === thought ? part.text : "")).join("");
    expect(words(true)).toBe("Let me think.");
    expect(words(false)).toBe("one two three");
  });

  it.each(["whole", "streamed"])(
    "brings its signed thinking back unchanged, before the call that it led to (%s)",
    async (how) => {
      const sealed: Script = { ...both, reasoning: "Two cities. One each.", signature: "c2lnbmVkIQ==", text: "Right." };
      const chat = client.chats.create({ model: "claude/claude-sonnet-4-5", config: { tools } });
      if (how === "whole") {
        upstream.behave(answerJson(anthropicAnswer(sealed)));
        await chat.sendMessage({ message: "Weather?" });
      } else {
        upstream.behave(answerSse(anthropicStream(sealed), [11, 200]));
        await gather(await chat.sendMessageStream({ message: "Weather?" }));
      }
      upstream.behave(answerJson(anthropicAnswer(plain)));
      await chat.sendMessage({
        message: ["call_a", "call_b"].map((id) => ({
          functionResponse: { id, name: "get_weather", response: { output: "4 degrees" } },
        })),
        config: { tools, httpOptions: { extraBody: { parlance: { strict: true } } } },
      });
      const { messages } = asked() as { messages: { role: string; content: Wire[] }[] };
      expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
      const blocks = messages[1]?.content ?? [];
      expect(blocks[0]).toEqual({ type: "thinking", thinking: "Two cities. One each.", signature: "c2lnbmVkIQ==" });
      expect(blocks.map(({ text }) => text ?? "").join("")).toBe("Right.");
      expect(blocks.flatMap(({ type, id }) => (type === "tool_use" ? [id] : []))).toEqual(["call_a", "call_b"]);
    },
  );

  it("tells what the provider could not be told, and refuses it when nothing may be lost", async () => {
    const send = (extraBody?: Record<string, unknown>) =>
      client.models.generateContent({
        model: "up/any",
        contents: "Hi",
        config: { topK: 3, httpOptions: { ...(extraBody && { extraBody }) } },
      });
    upstream.behave(answerJson(openAiAnswer(plain)));
    const { sdkHttpResponse, ...answer } = await send();
    expect(answer).toMatchObject({ candidates: [{ finishReason: "STOP" }] });
    expect(sdkHttpResponse?.headers).toMatchObject({ "x-parlance-lane": "translated" });
    await expect(send({ parlance: { strict: true } })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("top_k") as string,
    });
  });
});

describe("a conversation with a provider of its own dialect", () => {
  const model = "google/gemini-3-flash-preview";
  const sealed: Script = { ...both, signature: "c2VhbGVk", reasoning: "Two cities." };

  it.each(["whole", "streamed"])("brings the seal of a thought back with its call (%s)", async (how) => {
    const chat = client.chats.create({ model, config: { tools } });
    if (how === "whole") {
      upstream.behave(answerJson(geminiAnswer(sealed)));
      await chat.sendMessage({ message: "Weather?" });
    } else {
      upstream.behave(answerSse(geminiStream(sealed), [11, 200]));
      await gather(await chat.sendMessageStream({ message: "Weather?" }));
    }
    upstream.behave(answerJson(geminiAnswer(plain)));
    await chat.sendMessage({
      message: ["call_a", "call_b"].map((id) => ({
        functionResponse: { id, name: "get_weather", response: { output: "4 degrees" } },
      })),
    });
    const sent = (asked().contents as Content[]).flatMap(({ parts }) => parts ?? []);
    expect(sent.filter(({ functionCall }) => functionCall !== undefined)).toEqual([
      { functionCall: { id: "call_a", name: "get_weather", args: { city: "Oslo" } }, thoughtSignature: "c2VhbGVk" },
      { functionCall: { id: "call_b", name: "get_weather", args: { city: "Rome" } } },
    ]);
  });

  it("sends fields that the gateway has never heard of, and the model's own name", async () => {
    upstream.behave(answerJson(geminiAnswer(plain)));
    await client.models.generateContent({
      model: `models/${model}`,
      contents: "Hi",
      config: { safetySettings: [], httpOptions: { extraBody: { aFieldOfNextYear: { deep: [1, 2.5e3] } } } },
    });
    expect(asked()).toMatchObject({ aFieldOfNextYear: { deep: [1, 2500] } });
    expect(upstream.seen.at(-1)?.path).toBe("/v1beta/models/gemini-3-flash-preview:generateContent");
  });
});
