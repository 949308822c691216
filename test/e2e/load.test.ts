import { request as httpRequest } from "node:http";
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { afterEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, type Behaviour, startUpstream } from "../kits/upstream.js";

const ask = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };

const said = (text: string): Behaviour =>
  answerJson(openAiAnswer({ text, finish: "stop", inputTokens: 1, outputTokens: 1 }));

/** A provider that answers when it is told to. */
async function startHeld(text: string) {
  const answers: (() => void)[] = [];
  const upstream = await startUpstream((request, response) => {
    answers.push(() => void said(text)(request, response));
  });
  return { upstream, running: () => answers.length, answer: () => answers.shift()?.() };
}

let closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

async function world(rest: (first: string, second: string) => string) {
  const first = await startHeld("from the first");
  const second = await startUpstream(said("from the second"));
  const gateway = await startTestGateway(`
server: { port: 0 }
providers:
  a: { plugin: openai, base_url: "${first.upstream.url}/v1" }
  b: { plugin: openai, base_url: "${second.url}/v1" }
${rest(first.upstream.url, second.url)}`);
  closing.push(
    () => first.upstream.close(),
    () => second.close(),
    () => gateway.stop(),
  );
  return { first, second, gateway, client: clientOf(gateway) };
}

function clientOf(gateway: TestGateway, apiKey = "any"): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
}

const contentOf = (answer: OpenAI.ChatCompletion): string | null | undefined => answer.choices[0]?.message.content;

async function until(is: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !is(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(is()).toBe(true);
}

const load = (gateway: TestGateway, name: string) => gateway.targets().find(({ target }) => target === name);

describe("a target that takes so many at once", () => {
  const two = (concurrency: string): string => `
models:
  m:
    targets:
      - { provider: a, model: x, priority: 0, concurrency: ${concurrency} }
      - { provider: b, model: x, priority: 1 }
  alone: { targets: [ { provider: a, model: x } ] }`;

  it("is passed over at once when its queue is full, and the next target answers", async () => {
    const { first, gateway, client } = await world(() => two("{ max_in_flight: 1, queue: 0 }"));
    const running = client.chat.completions.create(ask);
    await until(() => first.running() === 1);
    expect(contentOf(await client.chat.completions.create(ask))).toBe("from the second");
    first.answer();
    expect(contentOf(await running)).toBe("from the first");
    expect(load(gateway, "a/x")).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it("is waited for in its queue, and no longer than its time", async () => {
    const { first, gateway, client } = await world(() => two("{ max_in_flight: 1, queue: 1, queue_timeout: 500ms }"));
    const running = client.chat.completions.create(ask);
    await until(() => first.running() === 1);
    const waiting = client.chat.completions.create(ask);
    await until(() => load(gateway, "a/x")?.queued === 1);
    expect(contentOf(await waiting)).toBe("from the second");
    const next = client.chat.completions.create(ask);
    await until(() => load(gateway, "a/x")?.queued === 1);
    first.answer();
    expect(contentOf(await running)).toBe("from the first");
    await until(() => first.running() === 1);
    first.answer();
    expect(contentOf(await next)).toBe("from the first");
    expect(load(gateway, "a/x")).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it("and no other target answers 503 with the time to come back, in the caller's dialect", async () => {
    const { first, client } = await world(() => two("{ max_in_flight: 1, queue: 0 }"));
    const running = client.chat.completions.create({ ...ask, model: "alone" });
    await until(() => first.running() === 1);
    const refused: unknown = await client.chat.completions.create({ ...ask, model: "alone" }).catch((error) => error);
    expect(refused).toBeInstanceOf(OpenAI.InternalServerError);
    expect(refused).toMatchObject({ status: 503, code: "overloaded", type: "overloaded_error" });
    expect((refused as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("1");
    first.answer();
    await running;
  });

  it("loses a client that leaves its queue, and no slot with it", async () => {
    const { first, gateway, client } = await world(() => two("{ max_in_flight: 1, queue: 5, queue_timeout: 30s }"));
    const running = client.chat.completions.create(ask);
    await until(() => first.running() === 1);
    const leaving = new AbortController();
    const left = client.chat.completions.create(ask, { signal: leaving.signal }).catch((error: unknown) => error);
    await until(() => load(gateway, "a/x")?.queued === 1);
    leaving.abort();
    expect(await left).toBeInstanceOf(OpenAI.APIUserAbortError);
    await until(() => load(gateway, "a/x")?.queued === 0);
    first.answer();
    await running;
    expect(load(gateway, "a/x")).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it("is shared in turns: who has one waiting is not behind all of another's", async () => {
    const { first, gateway } = await world(() => two("{ max_in_flight: 1, queue: 50, queue_timeout: 30s }"));
    const ended: string[] = [];
    const asking = async (key: string): Promise<void> => {
      await clientOf(gateway, key).chat.completions.create(ask);
      ended.push(key);
    };
    const all = [asking("many")];
    await until(() => first.running() === 1);
    for (let i = 0; i < 10; i += 1) all.push(asking("many"));
    await until(() => load(gateway, "a/x")?.queued === 10);
    all.push(asking("few"));
    await until(() => load(gateway, "a/x")?.queued === 11);
    for (let i = 0; i < 12; i += 1) {
      await until(() => first.running() === 1 && ended.length === i);
      first.answer();
    }
    await Promise.all(all);
    expect(ended.indexOf("few")).toBeLessThanOrEqual(2);
  });
});

describe("a gateway that takes so many at once", () => {
  const bounded = `
load: { max_in_flight: 1, queue: 1, queue_timeout: 30s }
models: { m: { targets: [ { provider: a, model: x } ] } }`;

  it("lets one wait, and refuses the next before its body has come, on the record", async () => {
    const { first, gateway, client } = await world(() => bounded);
    const running = client.chat.completions.create(ask);
    await until(() => first.running() === 1);
    const waiting = client.chat.completions.create(ask);
    // Refused as soon as the other is in the queue.
    let refused: { status: number | undefined; body: string; retry: unknown } | undefined;
    for (let i = 0; i < 50 && refused?.status !== 503; i += 1) refused = await postWithoutBody(gateway.url);
    expect(refused).toMatchObject({ status: 503, retry: "1" });
    expect(JSON.parse(refused?.body ?? "")).toMatchObject({ error: { code: "overloaded", type: "overloaded_error" } });
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
    const told: unknown = await anthropic.messages.create({ ...ask, max_tokens: 5 }).catch((error) => error);
    expect(told).toMatchObject({ status: 529, error: { error: { type: "overloaded_error" } } });
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
    first.answer();
    await until(() => first.running() === 1);
    first.answer();
    expect((await Promise.all([running, waiting])).map(contentOf)).toEqual(["from the first", "from the first"]);
    const refusals = gateway.records().filter(({ error }) => error === "overloaded");
    expect(refusals.length).toBeGreaterThanOrEqual(2);
    expect(refusals.every(({ level }) => level === "warn")).toBe(true);
  });

  it("does not wait for longer than the caller", async () => {
    const { first, gateway, client } = await world(() => bounded);
    const running = client.chat.completions.create(ask);
    await until(() => first.running() === 1);
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-parlance-timeout": "200ms" },
      body: JSON.stringify(ask),
    });
    expect(answer.status).toBe(504);
    first.answer();
    await running;
  });
});

/** Sends the head of a request and none of its body. */
function postWithoutBody(url: string): Promise<{ status: number | undefined; body: string; retry: unknown }> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": "100000" },
    });
    const timer = setTimeout(() => {
      asking.destroy();
      resolve({ status: undefined, body: "", retry: undefined });
    }, 1000);
    asking.on("response", (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      answer.on("end", () => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode, body, retry: answer.headers["retry-after"] });
        asking.destroy();
      });
    });
    asking.on("error", (error) => (timer.hasRef() && asking.destroyed ? undefined : reject(error)));
    asking.flushHeaders();
  });
}
