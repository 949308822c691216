import OpenAI from "openai";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAiAnswer } from "../kits/openai-wire.js";
import { responsesAnswer, responsesStream } from "../kits/responses-wire.js";
import { errorOf, lastOf, type ResponsesWorld, say, startResponsesWorld } from "../kits/responses-world.js";
import { answerJson, type Behaviour, type TestUpstream } from "../kits/upstream.js";

type Params = ResponseCreateParamsNonStreaming;
type Wire = Record<string, unknown>;

let world: ResponsesWorld;
let upstream: TestUpstream;
let other: TestUpstream;
let client: OpenAI;

beforeAll(async () => {
  world = await startResponsesWorld();
  ({ upstream, other, client } = world);
});

afterAll(() => world.stop());

beforeEach(() => {
  upstream.seen.length = 0;
  other.seen.length = 0;
});

const fail: Behaviour = answerJson({ error: { message: "down", type: "server_error" } }, 503);

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
    expect(lastOf(upstream)).toEqual({ model: "m", previous_response_id: first.id, input: "Who am I?" });
    expect(other.seen).toHaveLength(0);
  });

  it("passes on an id that the gateway has never seen", async () => {
    upstream.behave(answerJson(responsesAnswer(say("Ada."))));
    await client.responses.create({ model: "own/m", previous_response_id: "resp_elsewhere", input: "Who am I?" });
    expect(lastOf(upstream).previous_response_id).toBe("resp_elsewhere");
  });

  it("is put together for another target when that provider is down", async () => {
    const first = await begin();
    upstream.behave(fail);
    other.behave(answerJson(openAiAnswer(say("Ada."))));
    const second = await client.responses.create({ model: "safe", previous_response_id: first.id, input: "Who am I?" });
    expect(second.output_text).toBe("Ada.");
    expect(lastOf(other).messages).toEqual([
      { role: "user", content: "I am Ada." },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "Who am I?" },
    ]);
    expect((second as { parlance?: unknown }).parlance).toMatchObject({ losses: [{ kind: "dropped" }] });
    // The provider does not know what the other said: now it must be told.
    upstream.behave(answerJson(responsesAnswer(say("Yes."))));
    await client.responses.create({ model: "own/m", previous_response_id: second.id, input: "Sure?" });
    const sent = lastOf(upstream);
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
    const sent = lastOf(other);
    expect(sent.previous_response_id).toBeNull();
    expect(sent.input).toMatchObject([{ role: "user" }, { type: "message", role: "assistant" }, { role: "user" }]);
    expect((sent.input as Wire[])[1]).not.toHaveProperty("id");
    const lost = world.gateway.records().filter(({ losses }) => losses !== undefined);
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
