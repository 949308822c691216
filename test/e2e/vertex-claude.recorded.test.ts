import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { type GoogleSts, startGoogleSts } from "../kits/google-sts.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { recordings } from "../recordings.js";
import { randomCuts } from "../support/random-cuts.js";
import * as said from "../support/recorded-messages.js";

const all = recordings({ provider: "vertex", api: ["anthropic.rawPredict", "anthropic.streamRawPredict"] });

let upstream: TestUpstream;
let folder: string;
let sts: GoogleSts;
let gateway: TestGateway;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  folder = await mkdtemp(join(tmpdir(), "parlance-vertex-"));
  sts = await startGoogleSts(folder);
  sts.give("google-token");
  const place = { project: "test-project", location: "us-east5", version: "v1", publisher: "anthropic" };
  const claude = { plugin: "vertex", base_url: upstream.url, settings: { ...place, credentials: sts.credentials } };
  gateway = await startTestGateway(
    JSON.stringify({ server: { port: 0 }, log: { level: "silent" }, providers: { claude } }),
  );
  client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all([upstream.close(), sts.server.close()]);
  await rm(folder, { recursive: true });
});

it("there are recordings of Claude on Vertex AI", () => {
  expect(all.length).toBeGreaterThanOrEqual(5);
});

it.each(all.map((recording) => [recording.file, recording] as const))(
  "Claude on Vertex AI is asked and read as recorded: %s",
  async (_file, { id, request, response }) => {
    const { sse, body } = response;
    upstream.behave(sse === undefined ? answerJson(body) : answerSse(sse, randomCuts(id)));
    const { anthropic_version: _, stream: __, ...asked } = request.body as Record<string, unknown>;
    const model = /models\/([^:]+):/.exec(request.url_path)?.[1];
    const ask = { ...asked, model: `claude/${model}` } as unknown as Anthropic.MessageCreateParamsNonStreaming;
    const message = await (sse === undefined
      ? client.messages.create(ask)
      : client.messages.stream(ask).finalMessage());

    const seen = upstream.seen.at(-1);
    expect(seen?.path.replace("%40", "@")).toBe(request.url_path);
    expect(seen?.headers.authorization).toBe("Bearer google-token");
    expect(seen?.json()).toEqual(request.body);

    const expected = sse === undefined ? said.saidWhole(body) : said.saidStreamed(sse);
    const text = message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    const calls = message.content.flatMap((block) => (block.type === "tool_use" ? [[block.name, block.input]] : []));
    expect(text).toBe(expected.text);
    expect(calls).toEqual(expected.calls.map((call) => [call.name, JSON.parse(call.arguments || "{}")]));
    expect(message.stop_reason).toBe(expected.stop);
    expect([message.usage.input_tokens, message.usage.output_tokens]).toEqual([expected.input, expected.output]);
  },
);
