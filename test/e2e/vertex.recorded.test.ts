import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, type JsonObject, readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { type GoogleSts, startGoogleSts } from "../kits/google-sts.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { expectChatOf } from "../support/expect-chat-of.js";
import { randomCuts } from "../support/random-cuts.js";
import type { Client } from "./clients/canonical.js";
import { grpcClient } from "./clients/grpc-client.js";

const PATH = /^\/(v\w+)\/projects\/test-project\/locations\/([^/]+)\/publishers\/google\/models\/([^/:]+):(\w+)/;

/** Where a recording's call went. Of some the recorder hid the place. */
function placeOf({ request }: Recording) {
  const [, version = "", location = "", model = "", method = ""] = PATH.exec(request.url_path) ?? [];
  return { version, location: location.startsWith("<") ? "global" : location, model, method };
}
const nameOf = (recording: Recording): string => {
  const { version, location, method } = placeOf(recording);
  return `${version}-${location}${method === "embedContent" ? "-one" : ""}`;
};

const all = recordings({ provider: "vertex" }).filter(({ request }) => PATH.test(request.url_path));
const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);
const good = all.filter(({ response }) => response.status === 200);
const chats = good.filter(({ api }) => api === "generateContent" || api === "streamGenerateContent");

let upstream: TestUpstream;
let folder: string;
let sts: GoogleSts;
let gateway: TestGateway;
let client: OpenAI;
let grpc: Client;

beforeAll(async () => {
  upstream = await startUpstream();
  folder = await mkdtemp(join(tmpdir(), "parlance-vertex-"));
  sts = await startGoogleSts(folder);
  sts.give("google-token");
  const providers = new Map(
    all.map((recording) => {
      const { version, location, method } = placeOf(recording);
      const form = method === "embedContent" ? "embed_content" : "predict";
      const settings = { project: "test-project", version, location, embeddings: form, credentials: sts.credentials };
      return [nameOf(recording), { plugin: "vertex", base_url: upstream.url, settings }];
    }),
  );
  gateway = await startTestGateway(
    JSON.stringify({ server: { port: 0 }, log: { level: "silent" }, providers: Object.fromEntries(providers) }),
  );
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  grpc = await grpcClient(gateway.url);
});

afterAll(async () => {
  grpc.close();
  await gateway.stop();
  await Promise.all([upstream.close(), sts.server.close()]);
  await rm(folder, { recursive: true });
});

const behave = ({ response, id }: Recording) =>
  upstream.behave(
    response.sse === undefined
      ? answerJson(response.body, response.status, response.headers)
      : answerSse(response.sse, randomCuts(id)),
  );

/** The provider was called where the recorder called it, with a token. */
function expectPlace(recording: Recording): void {
  const { version, location, model, method } = placeOf(recording);
  const query = method === "streamGenerateContent" ? "?alt=sse" : "";
  const seen = upstream.seen.at(-1);
  const place = `/${version}/projects/test-project/locations/${location}/publishers/google/models/${model}`;
  expect([seen?.method, seen?.path]).toEqual(["POST", `${place}:${method}${query}`]);
  expect(seen?.headers.authorization).toBe("Bearer google-token");
  expect(seen?.headers["x-goog-api-key"]).toBeUndefined();
}

describe("a recorded call of Vertex AI through the door of its dialect", () => {
  const asked = all.filter(({ api }) => !["predict", "embedContent"].includes(api));

  it("has recordings of every kind", () => {
    expect(asked.length).toBeGreaterThan(45);
    expect(asked.filter(({ response }) => response.status === 400).length).toBeGreaterThan(2);
  });

  it.each(named(asked))(
    "goes up at its place with its words, and comes back as it was: %s",
    async (_file, recording) => {
      behave(recording);
      const { model, method } = placeOf(recording);
      const response = await fetch(`${gateway.url}/v1beta/models/${nameOf(recording)}/${model}:${method}?alt=sse`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(recording.request.body),
      });
      const text = await response.text();
      expect(response.status, text).toBe(recording.response.status);
      expectPlace(recording);
      expect(upstream.seen.at(-1)?.json()).toEqual(recording.request.body);
      const { sse, body } = recording.response;
      if (sse === undefined) expect(JSON.parse(text)).toEqual(body);
      else expect(eventsOf(text)).toEqual(eventsOf(sse));
    },
  );

  it("asked for one token in all", () => {
    // One provider of the gateway for each place, each with its own.
    expect(sts.server.seen.length).toBeLessThanOrEqual(new Set(all.map(nameOf)).size);
  });
});

describe("a recorded chat of Vertex AI", () => {
  it.each(named(chats))("is read right by OpenAI's SDK: %s", async (_file, recording) => {
    behave(recording);
    const { sse, body } = recording.response;
    const ask = { model: `${nameOf(recording)}/any`, messages: [{ role: "user" as const, content: "Hi" }] };
    if (sse === undefined) {
      expectChatOf(await client.chat.completions.create(ask), [body as JsonObject]);
    } else {
      const options = { stream: true, stream_options: { include_usage: true } } as const;
      const stream = client.chat.completions.stream({ ...ask, ...options });
      expectChatOf(await stream.finalChatCompletion(), eventsOf(sse));
    }
  });

  it.each(named(chats))("is told over gRPC with the same words: %s", async (_file, recording) => {
    behave(recording);
    const { sse, body } = recording.response;
    const events = sse === undefined ? [body as JsonObject] : eventsOf(sse);
    const call = {
      chat: { messages: [{ role: 3, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] }] },
      openai: { messages: [] },
    };
    const model = `${nameOf(recording)}/any`;
    const answer = await (sse === undefined ? grpc.complete(model, call) : grpc.stream(model, call));
    const parts = events.flatMap(partsOf);
    const words = (thought: boolean) =>
      parts.map((part) => ((part.thought === true) === thought ? (part.text ?? "") : "")).join("");
    expect([answer.text, answer.reasoning]).toEqual([words(false), words(true)]);
    const called = parts.flatMap(({ functionCall }) => (functionCall?.name ? [functionCall] : []));
    expect(answer.toolCalls.map(({ name, arguments: args }) => [name, JSON.parse(args || "{}")])).toEqual(
      called.map(({ name, args }) => [name, args ?? {}]),
    );
    const usage = Object.assign({}, ...events.map(({ usageMetadata }) => usageMetadata)) as Record<string, number>;
    expect(answer.outputTokens ?? 0).toBe((usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0));
  });
});

describe("recorded vectors of Google's", () => {
  const vectors = good.filter(({ api }) => api === "predict" || api === "embedContent");

  it.each(named(vectors))("of Vertex AI are asked for and read as recorded: %s", async (_file, recording) => {
    behave(recording);
    const { body } = recording.request as unknown as { body: VectorRequest };
    const { instances, parameters, content } = body;
    const ask = {
      model: `${nameOf(recording)}/${placeOf(recording).model}`,
      input: instances?.map((one) => one.content) ?? [content?.parts[0]?.text ?? ""],
      encoding_format: "float" as const,
      ...(parameters && { dimensions: parameters.outputDimensionality }),
      ...(instances?.[0]?.task_type !== undefined && { task_type: instances[0].task_type }),
    };
    const result = await client.embeddings.create(ask);
    expectPlace(recording);
    expect(upstream.seen.at(-1)?.json()).toEqual(body);
    const answer = recording.response.body as unknown as VectorAnswer;
    const expected = answer.predictions?.map((one) => one.embeddings.values) ?? [answer.embedding?.values];
    expect(result.data.map(({ embedding }) => embedding)).toEqual(expected);
    const statistics = answer.predictions?.map((one) => one.embeddings.statistics.token_count);
    const tokens = statistics?.reduce((sum, one) => sum + one, 0) ?? answer.usageMetadata?.promptTokenCount;
    expect(result.usage.prompt_tokens).toBe(tokens);
  });
});

interface VectorRequest {
  readonly instances?: readonly { content: string; task_type?: string }[];
  readonly parameters?: { outputDimensionality: number };
  readonly content?: { parts: readonly { text: string }[] };
}

interface VectorAnswer {
  readonly predictions?: readonly { embeddings: { values: number[]; statistics: { token_count: number } } }[];
  readonly embedding?: { values: number[] };
  readonly usageMetadata?: { promptTokenCount: number };
}

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly name?: string; readonly args?: unknown };
}

function partsOf({ candidates }: JsonObject): readonly Part[] {
  const [first] = Array.isArray(candidates) ? candidates : [];
  const content = isObject(first) ? first.content : undefined;
  return isObject(content) && Array.isArray(content.parts) ? (content.parts as unknown as Part[]) : [];
}

function eventsOf(sse: string): JsonObject[] {
  const events: JsonObject[] = [];
  readSse(sse, ({ data }) => events.push(JSON.parse(data) as JsonObject));
  return events;
}
