import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic, { toFile as toAnthropicFile } from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type SeenRequest, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SCRIPT: Script = { text: "Hello there", finish: "stop", inputTokens: 10, outputTokens: 5 };
const CALLERS_KEY = "sk-of-the-caller";

let upstream: TestUpstream;
let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: sk-own }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: sk-own }
models:
  ear: { targets: [{ provider: up, model: whisper-up, price: { input: "1", output: "1" } }] }
  voice: { targets: [{ provider: up, model: tts-up }] }
  brush: { targets: [{ provider: up, model: image-up, price: { input: "10", output: "40" } }] }
  smart: { targets: [{ provider: up, model: gpt-up }] }
  opus: { targets: [{ provider: claude, model: claude-up }] }
`);
  openai = new OpenAI({
    baseURL: `${gateway.url}/openai/v1`,
    apiKey: CALLERS_KEY,
    organization: "org-caller",
    project: "proj-caller",
    maxRetries: 0,
  });
  anthropic = new Anthropic({ baseURL: `${gateway.url}/anthropic`, apiKey: CALLERS_KEY, maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

beforeEach(() => {
  upstream.behave(answerJson({}));
  upstream.seen.length = 0;
});

/** The one request that the provider saw, without a trace of the caller's account. */
function seen(): SeenRequest {
  expect(upstream.seen).toHaveLength(1);
  const request = upstream.seen[0] as SeenRequest;
  const { authorization, "x-api-key": key } = request.headers;
  expect([authorization, key]).toContain(authorization === undefined ? "sk-own" : "Bearer sk-own");
  expect(JSON.stringify(request.headers)).not.toMatch(/caller/);
  return request;
}

const lastRecord = (): Record<string, unknown> => gateway.records().at(-1) ?? {};

describe("OpenAI's SDK with /openai/v1 as its base URL", () => {
  it("uploads a file from a stream, and reads its content", async () => {
    const folder = mkdtempSync(join(tmpdir(), "parlance-through-"));
    try {
      const path = join(folder, "batch.jsonl");
      writeFileSync(path, '{"custom_id":"1","body":{"model":"smart"}}\n'.repeat(5000));
      upstream.behave(answerJson({ id: "file-1", object: "file", purpose: "batch" }));
      const file = await openai.files.create({ file: createReadStream(path), purpose: "batch" });
      expect(file.id).toBe("file-1");
      const { body, path: asked } = seen();
      expect(asked).toBe("/v1/files");
      expect(body.includes('name="purpose"\r\n\r\nbatch')).toBe(true);
      // What a file holds is its own: no model is mapped in it.
      expect(body.toString().match(/"model":"smart"/g)).toHaveLength(5000);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const bytes = Buffer.from([0, 255, 1, 254, 13, 10]);
    upstream.behave(answerJson(bytes, 200, { "content-type": "application/octet-stream" }));
    const content = await openai.files.content("file-1");
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
    expect(lastRecord().path).toBe("/v1/files/{id}/content");
  });

  it("lists and deletes files", async () => {
    upstream.behave(answerJson({ object: "list", data: [{ id: "file-1" }], has_more: false }));
    expect((await openai.files.list({ limit: 2 })).data).toEqual([{ id: "file-1" }]);
    expect(seen().path).toBe("/v1/files?limit=2");
    upstream.behave(answerJson({ id: "file-1", deleted: true }));
    expect((await openai.files.delete("file-1")).deleted).toBe(true);
    expect(upstream.seen[1]?.method).toBe("DELETE");
  });

  it("has sound transcribed by the model's target, whole and streamed", async () => {
    upstream.behave(
      answerJson({ text: "Hi", usage: { type: "tokens", input_tokens: 7, output_tokens: 3, total_tokens: 10 } }),
    );
    const file = await toFile(Buffer.alloc(2000, 7), "a.wav");
    expect((await openai.audio.transcriptions.create({ file, model: "ear" })).text).toBe("Hi");
    expect(seen().body.includes('name="model"\r\n\r\nwhisper-up\r\n')).toBe(true);
    expect(lastRecord()).toMatchObject({
      model: "ear",
      target: "up/whisper-up",
      path: "/v1/audio/transcriptions",
      input_tokens: 7,
      output_tokens: 3,
      cost: "0.00001",
    });
    upstream.behave(
      answerSse(
        'data: {"type":"transcript.text.delta","delta":"H"}\n\ndata: {"type":"transcript.text.done","text":"H","usage":{"type":"tokens","input_tokens":4,"output_tokens":1,"total_tokens":5}}\n\n',
        [9],
      ),
    );
    const types: string[] = [];
    for await (const event of await openai.audio.transcriptions.create({ file, model: "ear", stream: true })) {
      types.push(event.type);
    }
    expect(types).toEqual(["transcript.text.delta", "transcript.text.done"]);
    expect(lastRecord()).toMatchObject({ input_tokens: 4 });
  });

  it("has a text spoken: binary bytes, whole", async () => {
    const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 31) % 256));
    upstream.behave(answerJson(bytes, 200, { "content-type": "audio/mpeg" }));
    const answer = await openai.audio.speech.create({ model: "voice", voice: "alloy", input: "Hi" });
    expect(answer.headers.get("content-type")).toBe("audio/mpeg");
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(seen().json()).toEqual({ model: "tts-up", voice: "alloy", input: "Hi" });
  });

  it("has pictures made and edited, with their usage", async () => {
    const usage = { input_tokens: 100, output_tokens: 1000, total_tokens: 1100, input_tokens_details: {} };
    upstream.behave(answerJson({ created: 1, data: [{ b64_json: "x".repeat(300_000) }], usage }));
    const made = await openai.images.generate({ model: "brush", prompt: "A house" });
    expect(made.data?.[0]?.b64_json).toHaveLength(300_000);
    expect(seen().json().model).toBe("image-up");
    expect(lastRecord()).toMatchObject({ input_tokens: 100, output_tokens: 1000, cost: "0.041" });
    const image = await toFile(Buffer.alloc(100, 1), "a.png", { type: "image/png" });
    await openai.images.edit({ model: "brush", prompt: "A tree", image });
    expect(upstream.seen[1]?.body.includes('name="model"\r\n\r\nimage-up\r\n')).toBe(true);
  });

  it("moderates, with a model and without", async () => {
    upstream.behave(answerJson({ id: "modr-1", results: [] }));
    expect((await openai.moderations.create({ input: "x" })).id).toBe("modr-1");
    expect(seen().json()).toEqual({ input: "x" });
    await openai.moderations.create({ input: "x", model: "smart" });
    expect(upstream.seen[1]?.json().model).toBe("gpt-up");
  });

  it("runs batches and fine-tuning", async () => {
    upstream.behave(answerJson({ id: "batch_1", status: "validating" }));
    const batch = await openai.batches.create({
      input_file_id: "file-1",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    expect(batch.status).toBe("validating");
    await openai.batches.cancel("batch_1");
    expect(upstream.seen[1]?.path).toBe("/v1/batches/batch_1/cancel");
    expect(lastRecord().path).toBe("/v1/batches/{id}/cancel");
    upstream.behave(answerJson({ id: "ftjob-1" }));
    await openai.fineTuning.jobs.create({ model: "smart", training_file: "file-1" });
    expect(upstream.seen[2]?.json()).toEqual({ model: "gpt-up", training_file: "file-1" });
  });

  it("keeps vector stores and assistants, with the header of their beta", async () => {
    upstream.behave(answerJson({ id: "asst_1" }));
    await openai.beta.assistants.create({ model: "smart" });
    expect(seen().headers["openai-beta"]).toBe("assistants=v2");
    expect(seen().json().model).toBe("gpt-up");
  });

  it("creates responses, whole and streamed", async () => {
    const response = {
      id: "resp_1",
      object: "response",
      status: "completed",
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi", annotations: [] }] }],
      usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
    };
    upstream.behave(answerJson(response));
    expect((await openai.responses.create({ model: "smart", input: "Hi" })).output_text).toBe("Hi");
    expect(seen().json()).toEqual({ model: "gpt-up", input: "Hi" });
    expect(lastRecord()).toMatchObject({ input_tokens: 9, output_tokens: 2 });
    upstream.behave(
      answerSse(
        [
          { type: "response.created", response: { ...response, status: "in_progress", usage: null } },
          { type: "response.output_text.delta", delta: "Hi" },
          { type: "response.completed", response },
        ]
          .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
          .join(""),
        [5, 50],
      ),
    );
    const types: string[] = [];
    for await (const event of await openai.responses.create({ model: "smart", input: "Hi", stream: true })) {
      types.push(event.type);
    }
    expect(types).toEqual(["response.created", "response.output_text.delta", "response.completed"]);
    expect(lastRecord()).toMatchObject({ input_tokens: 9, output_tokens: 2, path: "/v1/responses" });
  });

  it("chats, whole and streamed, in the verbatim lane", async () => {
    const messages = [{ role: "user" as const, content: "Hi" }];
    upstream.behave(answerJson(openAiAnswer(SCRIPT)));
    const { data, response } = await openai.chat.completions.create({ model: "smart", messages }).withResponse();
    expect(data.choices[0]?.message.content).toBe(SCRIPT.text);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    upstream.behave(answerSse(openAiStream(SCRIPT), [17]));
    let text = "";
    for await (const chunk of await openai.chat.completions.create({ model: "smart", messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    expect(text).toBe(SCRIPT.text);
    expect(upstream.seen[1]?.json()).toEqual({ model: "gpt-up", messages, stream: true });
  });

  it("raises its own classes of errors, with the vendor's words", async () => {
    upstream.behave(answerJson({ error: { message: "No such File", type: "invalid_request_error", code: "c" } }, 404));
    const missing = await openai.files.retrieve("file-0").catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
    expect(missing).toMatchObject({ code: "c", message: "404 No such File" });
    upstream.behave(answerJson({ error: { message: "Slow down" } }, 429, { "retry-after": "7" }));
    const limited = (await openai.files.list().catch((error: unknown) => error)) as InstanceType<
      typeof OpenAI.RateLimitError
    >;
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect(limited.headers?.get("retry-after")).toBe("7");
    await expect(openai.images.generate({ model: "opus", prompt: "x" })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(openai.images.generate({ model: "none", prompt: "x" })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe("Anthropic's SDK with /anthropic as its base URL", () => {
  const messages = [{ role: "user" as const, content: "Hi" }];

  it("sends messages, whole and streamed, in the verbatim lane", async () => {
    upstream.behave(answerJson(anthropicAnswer(SCRIPT), 200, { "request-id": "req_vendor" }));
    const answer = await anthropic.messages.create({ model: "opus", max_tokens: 10, messages });
    expect(answer.content[0]).toMatchObject({ type: "text", text: SCRIPT.text });
    expect(answer._request_id).toBe("req_vendor");
    expect(seen().json()).toEqual({ model: "claude-up", max_tokens: 10, messages });
    upstream.behave(answerSse(anthropicStream(SCRIPT), [23]));
    const stream = anthropic.messages.stream({ model: "opus", max_tokens: 10, messages });
    expect(await stream.finalText()).toBe(SCRIPT.text);
    expect(lastRecord()).toMatchObject({ door: "anthropic-through", input_tokens: 10, output_tokens: 5 });
  });

  it("counts tokens, runs batches and reads their results", async () => {
    upstream.behave(answerJson({ input_tokens: 12 }));
    expect((await anthropic.messages.countTokens({ model: "opus", messages })).input_tokens).toBe(12);
    expect(seen().json().model).toBe("claude-up");
    upstream.behave(answerJson({ id: "msgbatch_1", processing_status: "in_progress" }));
    const requests = [{ custom_id: "a", params: { model: "claude-of-the-vendor", max_tokens: 1, messages } }];
    expect((await anthropic.messages.batches.create({ requests })).id).toBe("msgbatch_1");
    expect(upstream.seen[1]?.json()).toEqual({ requests });
    upstream.behave(
      answerJson('{"custom_id":"a"}\n{"custom_id":"b"}\n', 200, { "content-type": "application/binary" }),
    );
    const ids: string[] = [];
    const batch = { id: "msgbatch_1", results_url: `${gateway.url}/anthropic/v1/messages/batches/msgbatch_1/results` };
    upstream.behave((request, response) => {
      if (request.path.endsWith("/results")) {
        void answerJson('{"custom_id":"a"}\n{"custom_id":"b"}\n', 200, { "content-type": "application/binary" })(
          request,
          response,
        );
      } else {
        void answerJson({ ...batch, processing_status: "ended" })(request, response);
      }
    });
    for await (const result of await anthropic.messages.batches.results("msgbatch_1")) ids.push(result.custom_id);
    expect(ids).toEqual(["a", "b"]);
    expect(lastRecord().path).toBe("/v1/messages/batches/{id}/results");
  });

  it("lists models as the vendor has them", async () => {
    upstream.behave(answerJson({ data: [{ type: "model", id: "claude-x" }], has_more: false }));
    expect((await anthropic.models.list()).data[0]?.id).toBe("claude-x");
    const through = seen();
    await new Anthropic({ baseURL: upstream.url, apiKey: "sk-own", maxRetries: 0 }).models.list();
    const direct = upstream.seen[1] as SeenRequest;
    expect(through.path).toBe(direct.path);
    expect(through.headers["anthropic-version"]).toBe(direct.headers["anthropic-version"]);
  });

  it("uploads and downloads files of the beta", async () => {
    upstream.behave(answerJson({ id: "file_1", type: "file" }));
    const file = await toAnthropicFile(Buffer.alloc(5000, 9), "a.bin", { type: "application/pdf" });
    const uploaded = await anthropic.beta.files.upload({ file });
    expect(uploaded.id).toBe("file_1");
    const through = seen();
    await new Anthropic({ baseURL: upstream.url, apiKey: "sk-own", maxRetries: 0 }).beta.files.upload({ file });
    const direct = upstream.seen[1] as SeenRequest;
    expect(through.path).toBe(direct.path);
    expect(through.headers["anthropic-beta"]).toBe(direct.headers["anthropic-beta"]);
    // A form's boundary is made anew each time.
    const boundary = ({ headers }: SeenRequest): string =>
      /boundary=(\S+)/.exec(headers["content-type"] ?? "")?.[1] ?? "";
    expect(through.body.toString().replaceAll(boundary(through), "")).toBe(
      direct.body.toString().replaceAll(boundary(direct), ""),
    );
    const bytes = Buffer.alloc(70_000, 3);
    upstream.behave(answerJson(bytes, 200, { "content-type": "application/pdf" }));
    const content = await anthropic.beta.files.download("file_1");
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("raises its own classes of errors", async () => {
    upstream.behave(answerJson({ type: "error", error: { type: "not_found_error", message: "m" } }, 404));
    await expect(anthropic.messages.batches.retrieve("x")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    await expect(anthropic.messages.create({ model: "smart", max_tokens: 1, messages })).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      message: expect.stringContaining("up/gpt-up"),
    });
  });
});
