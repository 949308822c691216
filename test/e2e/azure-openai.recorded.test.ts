import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { randomCuts } from "../support/random-cuts.js";
import * as chats from "../support/recorded-chat.js";
import { grpcClient } from "./clients/grpc-client.js";
import type { Client } from "./clients/canonical.js";

/** Providers of the gateway by the form of address that they call. */
const FORMS = { deployments: "classic", models: "foundry", v1: "latest" } as const;

const all = recordings({ provider: "azure" });
const good = all.filter(({ response }) => response.status === 200);
const asked = good.filter(({ request }) => request.recorded !== false);
const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

/** What a recorded request's address says, as the plugin would be configured for it. */
function formOf({ request }: Recording): { readonly name: string; readonly model: string | undefined } {
  const path = request.url_path.replace("//", "/");
  const deployment = /\/deployments\/([^/]+)\//.exec(path)?.[1];
  const version = /api-version=([\w.-]+)/.exec(path)?.[1];
  const model = isObject(request.body) ? request.body.model : undefined;
  const form = deployment !== undefined ? "deployments" : path.startsWith("/models/") ? "models" : "v1";
  return {
    name: version === undefined ? FORMS[form] : `${FORMS[form]}-${version}`,
    model: deployment ?? (typeof model === "string" ? model : undefined),
  };
}

const VERSIONS = [
  ...new Set(all.flatMap(({ request }) => /api-version=([\w.-]+)/.exec(request.url_path ?? "")?.[1] ?? [])),
];

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;
let grpc: Client;

beforeAll(async () => {
  upstream = await startUpstream();
  const dated = VERSIONS.flatMap((version) =>
    (["deployments", "models"] as const).map((api) => [
      `${FORMS[api]}-${version}`,
      `api: ${api}, api_version: "${version}"`,
    ]),
  );
  const providers = [["latest", "api: v1"], ["classic", "api: deployments"], ...dated].map(
    ([name, settings]) =>
      `  ${name}: { plugin: azure-openai, base_url: "${upstream.url}", api_key: test-key, settings: { ${settings} } }`,
  );
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
${providers.join("\n")}
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  grpc = await grpcClient(gateway.url);
});

afterAll(async () => {
  grpc.close();
  await gateway.stop();
  await upstream.close();
});

const DOORS: Record<string, string> = { chat: "/v1/chat/completions", responses: "/v1/responses" };
const doorOf = ({ api }: Recording): string => DOORS[api] ?? `/v1/${api}`;
const answerOf = ({ response, id }: Recording) =>
  response.sse === undefined ? answerJson(response.body) : answerSse(response.sse, randomCuts(id));

describe("a recorded call of Azure through the door of its dialect", () => {
  it("has recordings of every form", () => {
    expect(asked.length).toBeGreaterThan(60);
    for (const form of Object.values(FORMS)) {
      expect(asked.some((one) => formOf(one).name.startsWith(form))).toBe(true);
    }
  });

  it.each(named(asked))("goes up at its address with its words, and comes back as it was: %s", async (_file, one) => {
    upstream.behave(answerOf(one));
    const { name, model } = formOf(one);
    const body = one.request.body as Record<string, unknown>;
    const response = await fetch(gateway.url + doorOf(one), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, model: `${name}/${model}` }),
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    const seen = upstream.seen.at(-1);
    // One recorder wrote the slash of its endpoint twice, and one left out the version that Azure asks for.
    const recorded = one.request.url_path.replace("//", "/");
    expect(seen?.path).toBe(
      recorded.includes("/deployments/") && !recorded.includes("?") ? `${recorded}?api-version=2024-10-21` : recorded,
    );
    expect(seen?.headers["api-key"]).toBe("test-key");
    expect(seen?.headers.authorization).toBeUndefined();
    const { model: _, stream_options: __, ...rest } = body;
    expect(seen?.json()).toMatchObject(rest);
    expect(seen?.json().model).toBe(model);
    if (one.response.sse === undefined) expect(JSON.parse(text)).toEqual(one.response.body);
    else expect(eventsOf(text)).toEqual(expected(one));
  });
});

/** Usage is asked for in every stream, and withheld from callers that did not. */
function expected({ request, response, api }: Recording): string[] {
  const events = eventsOf(response.sse as string);
  const options = isObject(request.body) ? request.body.stream_options : undefined;
  if (api === "responses" || (isObject(options) && options.include_usage === true)) return events;
  return events.filter((data) => !(data.includes('"choices":[]') && /"usage":\{/.test(data)));
}

function eventsOf(text: string): string[] {
  const events: string[] = [];
  readSse(text, ({ data }) => events.push(data));
  return events;
}

const chat = good.filter(({ api }) => api === "chat");
const whole = chat.filter(({ response }) => chats.choicesOf(response.body).length > 0);
const streamed = chat.filter(({ response }) => response.sse !== undefined);

describe("a recorded chat of Azure", () => {
  const ask = { model: "latest/any", messages: [{ role: "user" as const, content: "Hi" }] };

  it.each(named([...whole, ...streamed]))("is read right by OpenAI's SDK: %s", async (_file, one) => {
    upstream.behave(answerOf(one));
    const { sse } = one.response;
    const said = sse === undefined ? chats.saidWhole(one.response.body) : chats.saidStreamed(sse);
    if (sse === undefined) {
      expect(chats.saidWhole(await client.chat.completions.create(ask))).toEqual(said);
      return;
    }
    // Not the SDK's own sum of a stream, which wants a role that one of these does not have.
    const events: OpenAI.ChatCompletionChunk[] = [];
    const options = { stream: true, stream_options: { include_usage: true } } as const;
    for await (const event of await client.chat.completions.create({ ...ask, ...options })) events.push(event);
    expect(chats.saidStreamed(events.map((event) => `data: ${JSON.stringify(event)}`).join("\n"))).toEqual(said);
  });

  it.each(named([...whole, ...streamed]))("is told over gRPC with the same words: %s", async (_file, one) => {
    upstream.behave(answerOf(one));
    const { sse } = one.response;
    const said = sse === undefined ? chats.saidWhole(one.response.body) : chats.saidStreamed(sse);
    const call = {
      chat: { messages: [{ role: 3, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] }] },
    };
    const answer = await (sse === undefined
      ? grpc.complete("latest/any", call as never)
      : grpc.stream("latest/any", call as never));
    expect(answer.text + answer.refusal).toBe(said.text);
    expect(answer.toolCalls.map(({ name, arguments: args }) => [name, JSON.parse(args || "{}")])).toEqual(
      said.calls.map((made) => [made.name, JSON.parse(made.arguments || "{}")]),
    );
    expect(answer.finish).toBe(said.finish);
    if (said.usage) {
      expect(answer.inputTokens).toBe(said.usage.prompt_tokens);
      expect(answer.outputTokens).toBe(said.usage.completion_tokens);
    }
  });
});

describe("a recorded refusal of Azure", () => {
  const refusals = all.filter(({ response }) => response.status >= 400);

  it.each(named(refusals))("is told by whose fault it is: %s", async (_file, { response }) => {
    upstream.behave(answerJson(response.body, response.status, response.headers));
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "latest/any", messages: [{ role: "user", content: "Hi" }] }),
    });
    const body = (await answer.json()) as { error: { code: string } };
    const codes: Record<number, [number, string]> = {
      400: [400, "content_filter"],
      401: [502, "provider_unauthenticated"],
      429: [429, "rate_limit_exceeded"],
    };
    expect([answer.status, body.error.code]).toEqual(codes[response.status]);
    if (response.status === 429) expect(answer.headers.get("retry-after")).toBe("1");
  });
});
