import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anthropicAnswer } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { responsesAnswer, responsesStream } from "../kits/responses-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

type Params = ResponseCreateParamsNonStreaming;
type Wire = Record<string, unknown>;

const say = (text: string): Script => ({ text, finish: "stop", inputTokens: 5, outputTokens: 2 });

let upstream: TestUpstream;
let other: TestUpstream;
let folder: string;
let gateway: TestGateway;
let client: OpenAI;

const configOf = (store: string): string => `
server: { port: 0 }
log: { level: info }
store: ${store}
providers:
  own: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k, settings: { responses: true } }
  second: { plugin: openai, base_url: "${other.url}/v1", api_key: k, settings: { responses: true } }
  chat: { plugin: openai, base_url: "${other.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${other.url}", api_key: k }
models:
  any: { targets: [{ provider: chat, model: m }, { provider: own, model: m, priority: 1 }] }
  safe: { targets: [{ provider: own, model: m }, { provider: chat, model: m, priority: 1 }] }
  twins: { targets: [{ provider: own, model: m }, { provider: second, model: m, priority: 1 }] }
`;
const clientOf = ({ url }: TestGateway): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });

beforeAll(async () => {
  upstream = await startUpstream();
  other = await startUpstream();
  folder = mkdtempSync(join(tmpdir(), "parlance-kept-"));
  gateway = await startTestGateway(configOf(`{ kind: sqlite, path: "${folder}" }`));
  client = clientOf(gateway);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
  await other.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  upstream.seen.length = 0;
  other.seen.length = 0;
});

const bodiesOf = ({ seen }: TestUpstream): Wire[] => seen.map((request) => request.json());
const last = (of: TestUpstream): Wire => bodiesOf(of).at(-1) as Wire;
const fail: Behaviour = answerJson({ error: { message: "down", type: "server_error" } }, 503);

async function errorOf(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  return call.then(
    () => expect.fail("it went well"),
    (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
  );
}

describe("an answer of a model of another dialect", () => {
  it("can be asked for again as it was given, and deleted", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const given = await client.responses.create({ model: "chat/m", input: "Hi", metadata: { a: "b" } });
    expect(await client.responses.retrieve(given.id)).toEqual(given);
    expect(await client.responses.delete(given.id)).toEqual({ id: given.id, object: "response", deleted: true });
    const error = await errorOf(client.responses.retrieve(given.id));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error.error).toMatchObject({
      message: `Response with id '${given.id}' not found.`,
      type: "invalid_request_error",
      param: null,
      code: null,
    });
    expect(await errorOf(client.responses.delete(given.id))).toBeInstanceOf(OpenAI.NotFoundError);
    expect(other.seen).toHaveLength(1);
  });

  it("has an id of its own, however often the provider says the same", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const ids = new Set<string>();
    for (let i = 0; i < 3; i += 1) ids.add((await client.responses.create({ model: "chat/m", input: "Hi" })).id);
    expect(ids.size).toBe(3);
  });

  it("is kept when it was streamed", async () => {
    other.behave(answerSse(openAiStream(say("Hello there.")), [9, 1, 150]));
    const given = await client.responses.stream({ model: "chat/m", input: "Hi" }).finalResponse();
    const again = await client.responses.retrieve(given.id);
    expect(again.output).toMatchObject([{ content: [{ text: "Hello there." }] }]);
    expect(again.id).toBe(given.id);
  });

  it("is not kept when its caller does not want it", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const given = await client.responses.create({ model: "chat/m", input: "Hi", store: false });
    expect(given).toMatchObject({ store: false });
    expect(await errorOf(client.responses.retrieve(given.id))).toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("cannot be cancelled", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const given = await client.responses.create({ model: "chat/m", input: "Hi" });
    const error = await errorOf(client.responses.cancel(given.id));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.message).toContain("Cannot cancel a synchronous response.");
    expect(await errorOf(client.responses.cancel("resp_none"))).toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("tells what it was asked, page by page", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const words = Array.from({ length: 25 }, (_, index) => `word ${index}`);
    const given = await client.responses.create({
      model: "chat/m",
      input: words.map((content) => ({ role: "user" as const, content })),
    });
    const texts: string[] = [];
    for await (const item of client.responses.inputItems.list(given.id, { order: "asc", limit: 10 })) {
      expect(item).toMatchObject({ type: "message", role: "user", status: "completed" });
      texts.push(JSON.stringify((item as { content: unknown }).content));
    }
    expect(texts).toEqual(words.map((text) => JSON.stringify([{ type: "input_text", text }])));
    const page = await client.responses.inputItems.list(given.id);
    expect(page.data).toHaveLength(20);
    expect(page.has_more).toBe(true);
    expect(JSON.stringify(page.data[0])).toContain("word 24");
    expect(await errorOf(Promise.resolve(client.responses.inputItems.list(given.id, { limit: 101 })))).toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    expect(
      await errorOf(Promise.resolve(client.responses.inputItems.list(given.id, { after: "msg_none" }))),
    ).toMatchObject({ status: 400, param: "after" });
  });
});

describe("a conversation by previous_response_id", () => {
  it("is put together for a model of another dialect, instructions of earlier turns left out", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello Ada."))));
    const first = await client.responses.create({ model: "chat/m", instructions: "Be brief.", input: "I am Ada." });
    other.behave(answerJson(anthropicAnswer(say("In Oslo."))));
    const second = await client.responses.create({
      model: "claude/claude-sonnet-4-5",
      previous_response_id: first.id,
      input: [{ role: "user", content: "Where am I?" }],
    });
    expect(second.previous_response_id).toBe(first.id);
    expect(JSON.stringify(last(other).messages)).toMatch(/I am Ada.*Hello Ada.*Where am I/);
    expect(JSON.stringify(last(other))).not.toContain("Be brief.");
    other.behave(answerJson(openAiAnswer(say("Ada, in Oslo."))));
    const third = await client.responses.create({
      model: "chat/m",
      instructions: "Be kind.",
      previous_response_id: second.id,
      input: "Who, and where?",
    });
    expect(last(other).messages).toEqual([
      { role: "system", content: "Be kind." },
      { role: "user", content: "I am Ada." },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "Where am I?" },
      { role: "assistant", content: "In Oslo." },
      { role: "user", content: "Who, and where?" },
    ]);
    expect(third.instructions).toBe("Be kind.");
    const items = await client.responses.inputItems.list(third.id);
    expect(items.data).toHaveLength(1);
    // One turn may be continued twice.
    await client.responses.create({ model: "chat/m", previous_response_id: first.id, input: "Again." });
    expect(last(other).messages).toHaveLength(3);
  });

  it("is a loop of tools", async () => {
    const call = { id: "call_1", name: "clock", arguments: "{}" };
    other.behave(answerSse(openAiStream({ toolCalls: [call], finish: "tool_calls", inputTokens: 1, outputTokens: 1 })));
    const tools = [{ type: "function" as const, name: "clock", parameters: {}, strict: false }];
    const first = await client.responses.stream({ model: "chat/m", input: "What time?", tools }).finalResponse();
    other.behave(answerJson(openAiAnswer(say("Noon."))));
    await client.responses.create({
      model: "chat/m",
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: "call_1", output: "12:00" }],
      tools,
    });
    expect(last(other).messages).toMatchObject([
      { role: "user", content: "What time?" },
      { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "clock" } }] },
      { role: "tool", tool_call_id: "call_1", content: "12:00" },
    ]);
  });

  it("may refer to items of earlier answers", async () => {
    other.behave(answerJson(openAiAnswer(say("Hello Ada."))));
    const first = await client.responses.create({ model: "chat/m", input: "I am Ada." });
    const id = first.output[0]?.id as string;
    const input: Params["input"] = [
      { role: "user", content: "I am Ada." },
      { type: "item_reference", id },
      { role: "user", content: "Who am I?" },
    ];
    await client.responses.create({ model: "chat/m", input });
    expect(last(other).messages).toEqual([
      { role: "user", content: "I am Ada." },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "Who am I?" },
    ]);
    upstream.behave(answerJson(responsesAnswer(say("Ada."))));
    await client.responses.create({ model: "own/m", input });
    expect(last(upstream).input).toMatchObject([{}, { type: "message", role: "assistant" }, {}]);
    const gone = `${id.slice(0, -5)}99999`;
    const error = await errorOf(
      client.responses.create({ model: "chat/m", input: [{ type: "item_reference", id: gone }] }),
    );
    expect(error).toMatchObject({ status: 400, param: "input[0].id" });
  });

  it("that is not there is refused as the vendor does", async () => {
    const error = await errorOf(
      client.responses.create({ model: "chat/m", previous_response_id: "resp_none", input: "x" }),
    );
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: "previous_response_not_found", param: "previous_response_id" });
    expect(error.message).toContain("Previous response with id 'resp_none' not found.");
    expect(other.seen).toHaveLength(0);
  });

  it("counts all of its tokens", async () => {
    other.behave(answerJson(openAiAnswer(say("y".repeat(4000)))));
    const first = await client.responses.create({ model: "chat/m", input: "x".repeat(4000) });
    const { input_tokens: count } = await client.responses.inputTokens.count({
      model: "chat/m",
      previous_response_id: first.id,
      input: "z",
    });
    expect(count).toBeGreaterThan(2000);
  });
});

describe("a conversation that a provider of the dialect holds", () => {
  const begin = async (more: Partial<Params> = {}): Promise<OpenAI.Responses.Response> => {
    upstream.behave(
      answerJson(responsesAnswer({ ...say("Hello Ada."), reasoning: "She is Ada.", signature: "gAAAAown" })),
    );
    return client.responses.create({ model: "own/m", input: "I am Ada.", ...more });
  };

  it("goes on there by its id alone, before other targets of the model", async () => {
    const first = await begin();
    await client.responses.create({ model: "any", previous_response_id: first.id, input: "Who am I?" });
    expect(last(upstream)).toEqual({ model: "m", previous_response_id: first.id, input: "Who am I?" });
    expect(other.seen).toHaveLength(0);
  });

  it("passes on an id that the gateway has never seen", async () => {
    upstream.behave(answerJson(responsesAnswer(say("Ada."))));
    await client.responses.create({ model: "own/m", previous_response_id: "resp_elsewhere", input: "Who am I?" });
    expect(last(upstream).previous_response_id).toBe("resp_elsewhere");
  });

  it("is put together for another target when that provider is down", async () => {
    const first = await begin();
    upstream.behave(fail);
    other.behave(answerJson(openAiAnswer(say("Ada."))));
    const second = await client.responses.create({ model: "safe", previous_response_id: first.id, input: "Who am I?" });
    expect(second.output_text).toBe("Ada.");
    expect(last(other).messages).toEqual([
      { role: "user", content: "I am Ada." },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "Who am I?" },
    ]);
    expect((second as { parlance?: unknown }).parlance).toMatchObject({ losses: [{ kind: "dropped" }] });
    // The provider does not know what the other said: now it must be told.
    upstream.behave(answerJson(responsesAnswer(say("Yes."))));
    await client.responses.create({ model: "own/m", previous_response_id: second.id, input: "Sure?" });
    const sent = last(upstream);
    expect(sent.previous_response_id).toBeNull();
    expect(sent.input).toMatchObject([
      { role: "user", content: "I am Ada." },
      { type: "reasoning", encrypted_content: "gAAAAown" },
      { type: "message", id: "msg_kit" },
      { role: "user", content: "Who am I?" },
      { type: "message", role: "assistant", content: [{ text: "Ada." }] },
      { role: "user", content: "Sure?" },
    ]);
    expect((sent.input as Wire[])[4]).not.toHaveProperty("id");
  });

  it("is told to another provider of the dialect without what only the first can read", async () => {
    const first = await begin();
    upstream.behave(fail);
    other.behave(answerJson(responsesAnswer(say("Ada."))));
    const params: Params = { model: "twins", previous_response_id: first.id, input: "Who am I?" };
    await client.responses.create(params);
    const sent = last(other);
    expect(sent.previous_response_id).toBeNull();
    expect(sent.input).toMatchObject([{ role: "user" }, { type: "message", role: "assistant" }, { role: "user" }]);
    expect((sent.input as Wire[])[1]).not.toHaveProperty("id");
    const lost = gateway.records().filter(({ losses }) => losses !== undefined);
    expect(lost.at(-1)?.losses).toEqual(["previous_response_id"]);
    const strict = await errorOf(client.responses.create({ ...params, parlance: { strict: true } } as Params));
    expect(strict.message).toContain("previous_response_id");
  });

  it("is answered from the store, and deleted in both places", async () => {
    const first = await begin();
    const again = await client.responses.retrieve(first.id);
    expect(again).toEqual(first);
    upstream.behave(answerJson({ id: first.id, object: "response", deleted: true }));
    await client.responses.delete(first.id);
    expect(upstream.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/responses",
      `DELETE /v1/responses/${first.id}`,
    ]);
    expect(upstream.seen[1]?.headers.authorization).toBe("Bearer k");
    expect(await errorOf(client.responses.retrieve(first.id))).toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("runs in the background there, and is asked for there until it is done", async () => {
    const queued = responsesAnswer(say(""), { status: "queued", output: [], background: true });
    upstream.behave(answerJson(queued));
    const first = await client.responses.create({ model: "own/m", input: "Long.", background: true });
    expect(first.status).toBe("queued");
    const done = { ...responsesAnswer(say("Done.")), id: first.id };
    upstream.behave(answerJson(done, 200, { "openai-processing-ms": "5" }));
    const { data, response } = await client.responses.retrieve(first.id, { include: [] }).withResponse();
    expect(data.output_text).toBe("Done.");
    expect(response.headers.get("openai-processing-ms")).toBe("5");
    upstream.behave(answerJson({ ...done, status: "cancelled" }));
    expect((await client.responses.cancel(first.id)).status).toBe("cancelled");
    upstream.behave(answerJson({ object: "list", data: [], has_more: false }));
    expect((await client.responses.inputItems.list(first.id, { limit: 3 })).data).toEqual([]);
    expect(upstream.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/responses",
      `GET /v1/responses/${first.id}`,
      `POST /v1/responses/${first.id}/cancel`,
      `GET /v1/responses/${first.id}/input_items?limit=3`,
    ]);
    upstream.behave(answerJson({ error: { message: "Gone.", type: "invalid_request_error" } }, 404));
    const error = await errorOf(client.responses.retrieve(first.id));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error.message).toContain("Gone.");
    upstream.behave(answerJson({ error: { message: "Bad key." } }, 401));
    expect(await errorOf(client.responses.retrieve(first.id))).toMatchObject({ status: 502 });
  });

  it("runs in the background as a stream that may be left", async () => {
    const more = { background: true };
    const stream = responsesStream(say("one two three"), more);
    upstream.behave(async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(stream.slice(0, stream.indexOf("response.output_text.done")).replace(/event: $/, ""));
    });
    const running = await client.responses.create({ model: "own/m", input: "Hi", background: true, stream: true });
    let id = "";
    for await (const event of running) {
      if (event.type === "response.created") id = event.response.id;
      if (event.type === "response.output_text.delta") break;
    }
    upstream.behave(answerJson({ id, object: "response", status: "completed", output: [] }));
    expect((await client.responses.retrieve(id)).status).toBe("completed");
    expect(upstream.seen.at(-1)?.path).toBe(`/v1/responses/${id}`);
  });
});

describe("a store that is lost", () => {
  it("fails nothing that does not need it, and is told of once for each change", async () => {
    const place = join(folder, "lost");
    writeFileSync(place, "a file where the folder should be");
    const lost = await startTestGateway(configOf(`{ kind: sqlite, path: "${place}" }`));
    const its = clientOf(lost);
    const states = (): unknown[] => lost.records().flatMap(({ msg }) => (/^store/.test(String(msg)) ? [msg] : []));
    try {
      other.behave(answerJson(openAiAnswer(say("Hello."))));
      upstream.behave(answerJson(responsesAnswer(say("Hello."))));
      for (let i = 0; i < 3; i += 1) {
        expect((await its.responses.create({ model: "chat/m", input: "Hi" })).output_text).toBe("Hello.");
      }
      const held = await its.responses.create({ model: "own/m", previous_response_id: "resp_elsewhere", input: "Hi" });
      expect(held.output_text).toBe("Hello.");
      const params: Params = { model: "chat/m", previous_response_id: "resp_elsewhere", input: "Hi" };
      for (const call of [its.responses.create(params), its.responses.retrieve("resp_elsewhere")]) {
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(OpenAI.InternalServerError);
        expect(error).toMatchObject({ status: 503, code: "overloaded" });
      }
      expect(states()).toEqual(["store lost"]);
      rmSync(place);
      expect(await errorOf(its.responses.retrieve("resp_none"))).toBeInstanceOf(OpenAI.NotFoundError);
      expect(states()).toEqual(["store lost", "store back"]);
    } finally {
      await lost.stop();
    }
  });

  it("has what was kept when the gateway starts again", async () => {
    const store = `{ kind: sqlite, path: "${join(folder, "again")}" }`;
    const before = await startTestGateway(configOf(store));
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const given = await clientOf(before).responses.create({ model: "chat/m", input: "Hi" });
    await before.stop();
    const after = await startTestGateway(configOf(store));
    expect(await clientOf(after).responses.retrieve(given.id)).toEqual(given);
    await after.stop();
  });
});
