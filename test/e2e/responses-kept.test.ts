import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anthropicAnswer } from "../kits/anthropic-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { responsesAnswer } from "../kits/responses-wire.js";
import { errorOf, lastOf, type ResponsesWorld, say, startResponsesWorld } from "../kits/responses-world.js";
import { answerJson, answerSse, type TestUpstream } from "../kits/upstream.js";

type Params = ResponseCreateParamsNonStreaming;

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
    expect(JSON.stringify(lastOf(other).messages)).toMatch(/I am Ada.*Hello Ada.*Where am I/);
    expect(JSON.stringify(lastOf(other))).not.toContain("Be brief.");
    other.behave(answerJson(openAiAnswer(say("Ada, in Oslo."))));
    const third = await client.responses.create({
      model: "chat/m",
      instructions: "Be kind.",
      previous_response_id: second.id,
      input: "Who, and where?",
    });
    expect(lastOf(other).messages).toEqual([
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
    expect(lastOf(other).messages).toHaveLength(3);
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
    expect(lastOf(other).messages).toMatchObject([
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
    expect(lastOf(other).messages).toEqual([
      { role: "user", content: "I am Ada." },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "Who am I?" },
    ]);
    upstream.behave(answerJson(responsesAnswer(say("Ada."))));
    await client.responses.create({ model: "own/m", input });
    expect(lastOf(upstream).input).toMatchObject([{}, { type: "message", role: "assistant" }, {}]);
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

describe("a store that is lost", () => {
  it("fails nothing that does not need it, and is told of once for each change", async () => {
    const place = join(world.folder, "lost");
    writeFileSync(place, "a file where the folder should be");
    const { gateway: lost, client: its } = await world.start(`{ kind: sqlite, path: "${place}" }`);
    const states = (): unknown[] =>
      lost
        .records()
        .map(({ msg }) => String(msg))
        .filter((msg) => msg.startsWith("store "));
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
    const store = `{ kind: sqlite, path: "${join(world.folder, "again")}" }`;
    const before = await world.start(store);
    other.behave(answerJson(openAiAnswer(say("Hello."))));
    const given = await before.client.responses.create({ model: "chat/m", input: "Hi" });
    await before.gateway.stop();
    const after = await world.start(store);
    expect(await after.client.responses.retrieve(given.id)).toEqual(given);
    await after.gateway.stop();
  });
});
