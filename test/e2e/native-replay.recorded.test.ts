import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, type JsonObject, type JsonValue, readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import type { Canonical, Client } from "./clients/canonical.js";
import { rows } from "./calls.js";
import { grpcClient } from "./clients/grpc-client.js";

const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

/** What a recorded answer says, read by nothing of the gateway's. */
interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: { readonly name: string; readonly arguments: unknown }[];
  readonly finish: string;
  readonly input: number | undefined;
  readonly output: number | undefined;
}

interface Wire {
  readonly provider: string;
  readonly chats: readonly Recording[];
  readonly embeds: readonly Recording[];
  readonly said: (answer: Recording["response"]) => Said;
  readonly vectors: (body: JsonObject) => { vectors: unknown; tokens: unknown };
}

const ollamaChats = recordings({ provider: "ollama", api: "native.chat" });
const cohereChats = recordings({ provider: "cohere", api: "v2.chat" });

const wires: readonly Wire[] = [
  {
    provider: "ollama",
    chats: ollamaChats,
    embeds: recordings({ provider: "ollama", api: "native.embed" }),
    said: (response) => ollamaSaid(eventsOf(response)),
    vectors: ({ embeddings, prompt_eval_count: tokens }) => ({ vectors: embeddings, tokens }),
  },
  {
    provider: "cohere",
    chats: cohereChats,
    embeds: recordings({ provider: "cohere", api: "v2.embed" }),
    said: (response) => (isObject(response.body) ? cohereSaid(response.body) : cohereTold(eventsOf(response))),
    vectors: ({ embeddings, meta }) => ({
      vectors: (embeddings as JsonObject).float,
      tokens: ((meta as JsonObject).billed_units as JsonObject).input_tokens,
    }),
  },
];

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;
let grpc: Client;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  ollama: { base_url: "${upstream.url}" }
  cohere: { base_url: "${upstream.url}", api_key: k }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  grpc = await grpcClient(gateway.url);
});

afterAll(async () => {
  grpc.close();
  await gateway.stop();
  await upstream.close();
});

describe.each(wires)("a recorded answer of $provider", ({ provider, chats, embeds, said, vectors }) => {
  const good = chats.filter(({ response }) => response.status === 200);
  const refused = chats.filter(({ response }) => response.status !== 200);
  const ask = { model: `${provider}/any`, messages: [{ role: "user" as const, content: "Hi" }] };
  const [row] = rows as [(typeof rows)[number]];

  it("is there in both forms", () => {
    expect(good.filter(isStream).length).toBeGreaterThan(3);
    expect(good.filter((one) => !isStream(one)).length).toBeGreaterThan(3);
    expect(refused.length).toBeGreaterThan(0);
  });

  it.each(named(good))("is read right by the openai SDK and by @grpc/grpc-js: %s", async (_file, recording) => {
    const wanted = said(recording.response);
    upstream.behave(replay(recording));
    expectSaid(openAiSaid(await askOpenAi(recording)), wanted);
    const call = { ...row.call };
    const answer = isStream(recording) ? await grpc.stream(ask.model, call) : await grpc.complete(ask.model, call);
    expectSaid(grpcSaid(answer), wanted);
  });

  async function askOpenAi(recording: Recording): Promise<OpenAI.ChatCompletion> {
    if (!isStream(recording)) return client.chat.completions.create(ask);
    const stream = client.chat.completions.stream({ ...ask, stream: true, stream_options: { include_usage: true } });
    let reasoning = "";
    for await (const { choices } of stream) {
      reasoning += (choices[0]?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? "";
    }
    const completion = await stream.finalChatCompletion();
    // The SDK puts together what it knows, and of what it does not know the last piece.
    Object.assign(completion.choices[0]?.message ?? {}, { reasoning_content: reasoning });
    return completion;
  }

  it.each(named(good.filter(isStream)))(
    "gives the same answer however its bytes are cut: %s",
    async (file, recording) => {
      const wanted = said(recording.response);
      for (const seed of [file.length, 7, 99]) {
        upstream.behave(replay(recording, cuts(seed)));
        expectSaid(grpcSaid(await grpc.stream(ask.model, row.call)), wanted);
      }
    },
  );

  it.each(named(refused))("that refuses is the SDK's own error: %s", async (_file, { response }) => {
    upstream.behave(answerJson(response.body, response.status, withoutFraming(response.headers)));
    const failed = (await client.chat.completions.create(ask).catch((thrown: unknown) => thrown)) as InstanceType<
      typeof OpenAI.APIError
    >;
    expect(failed).toBeInstanceOf(OpenAI.APIError);
    const { body } = response;
    const words = isObject(body) ? String(body.message ?? body.error) : "";
    if (response.status === 401) expect(failed.status).toBe(502);
    else {
      expect(failed.status).toBe(response.status);
      expect(failed.message).toContain(words.slice(0, 60));
      expect(failed.code).toBe(response.status === 404 ? "model_not_found" : "context_length_exceeded");
    }
  });

  it.each(named(embeds))("holds the same vectors for the openai SDK: %s", async (_file, { response }) => {
    const body = response.body as JsonObject;
    upstream.behave(answerJson(body));
    const answer = await client.embeddings.create({ model: ask.model, input: "x", encoding_format: "float" });
    const wanted = vectors(body);
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(wanted.vectors);
    expect(answer.usage.prompt_tokens).toBe(wanted.tokens);
  });
});

function isStream({ response }: Recording): boolean {
  return response.sse !== undefined || response.ndjson !== undefined;
}

/** Some recordings hold no content type, as no answer of these servers comes. */
function replay({ response }: Recording, sizes: readonly number[] = [5, 1, 300]): Behaviour {
  if (response.ndjson !== undefined) {
    return answerSse(response.ndjson, sizes, { "content-type": "application/x-ndjson" });
  }
  return response.sse === undefined ? answerJson(response.body) : answerSse(response.sse, sizes);
}

function withoutFraming(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "transfer-encoding"));
}

/** Sizes of reads, as a network may cut them; the same for the same seed. */
function cuts(seed: number): number[] {
  let state = seed * 2_654_435_761 + 1;
  return Array.from({ length: 2000 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 1 + (state % 400);
  });
}

function eventsOf({ body, sse, ndjson }: Recording["response"]): JsonObject[] {
  if (isObject(body)) return [body];
  const events: JsonObject[] = [];
  if (ndjson !== undefined) {
    for (const line of ndjson.split("\n")) if (line.trim() !== "") events.push(JSON.parse(line) as JsonObject);
  } else {
    readSse(sse ?? "", ({ data }) => {
      // Some recordings end as another wire does.
      if (data !== "[DONE]") events.push(JSON.parse(data) as JsonObject);
    });
  }
  return events;
}

function ollamaSaid(lines: readonly JsonObject[]): Said {
  const messages = lines.map(({ message }) => message as Record<string, JsonValue>);
  const calls = messages.flatMap(({ tool_calls: list }) => (list ?? []) as unknown as { function: Said["calls"][0] }[]);
  const last = lines.at(-1) as JsonObject;
  return {
    text: messages.map(({ content }) => (content as string | undefined) ?? "").join(""),
    reasoning: messages.map(({ thinking }) => (thinking as string | undefined) ?? "").join(""),
    calls: calls.map((call) => ({ name: call.function.name, arguments: call.function.arguments })),
    finish: calls.length > 0 ? "tool_calls" : (last.done_reason as string),
    input: last.prompt_eval_count as number | undefined,
    output: last.eval_count as number | undefined,
  };
}

interface CohereCall {
  readonly function: { readonly name: string; readonly arguments: string };
}

const FINISHES: Readonly<Record<string, string>> = { COMPLETE: "stop", MAX_TOKENS: "length", TOOL_CALL: "tool_calls" };

function cohereSaid({ message, finish_reason: finish, usage }: JsonObject): Said {
  const { content, tool_plan: plan, tool_calls: calls } = message as JsonObject;
  const pieces = (content ?? []) as { text?: string; thinking?: string }[];
  const tokens = (usage as JsonObject).tokens as Record<string, number>;
  return {
    text: pieces.map(({ text }) => text ?? "").join(""),
    reasoning: ((plan as string | undefined) ?? "") + pieces.map(({ thinking }) => thinking ?? "").join(""),
    calls: ((calls ?? []) as unknown as CohereCall[]).map(calledOf),
    finish: FINISHES[finish as string] as string,
    // Pictures are counted beside the words of the prompt.
    input: (tokens.input_tokens ?? 0) + (tokens.image_tokens ?? 0),
    output: tokens.output_tokens,
  };
}

function calledOf(call: CohereCall): Said["calls"][0] {
  return { name: call.function.name, arguments: JSON.parse(call.function.arguments || "null") ?? {} };
}

/** Adds a stream up to the whole answer that it tells. */
function cohereTold(events: readonly JsonObject[]): Said {
  const pieces: { text?: string; thinking?: string }[] = [];
  const calls: { function: { name: string; arguments: string } }[] = [];
  let plan = "";
  let end: JsonObject = {};
  for (const { type, delta } of events as unknown as { type: string; delta: { message: Record<string, never> } }[]) {
    const { content, tool_plan: planned, tool_calls: call } = delta?.message ?? {};
    if (type === "content-start" || type === "content-delta") pieces.push(content as never);
    if (type === "tool-plan-delta") plan += String(planned);
    if (type === "tool-call-start") calls.push(structuredClone(call) as never);
    if (type === "tool-call-delta") {
      const last = calls.at(-1) as (typeof calls)[0];
      last.function.arguments += (call as unknown as CohereCall).function.arguments;
    }
    if (type === "message-end") end = delta;
  }
  return cohereSaid({ ...end, message: { content: pieces as never, tool_plan: plan, tool_calls: calls as never } });
}

function openAiSaid({ choices, usage }: OpenAI.ChatCompletion): Said {
  const [choice] = choices;
  const message: (OpenAI.ChatCompletionMessage & { reasoning_content?: string }) | undefined = choice?.message;
  const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call.function] : []));
  return {
    text: message?.content ?? "",
    reasoning: message?.reasoning_content ?? "",
    calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) as unknown })),
    finish: choice?.finish_reason ?? "",
    input: usage?.prompt_tokens,
    output: usage?.completion_tokens,
  };
}

function grpcSaid({ text, reasoning, toolCalls, finish, inputTokens, outputTokens }: Canonical): Said {
  return {
    text,
    reasoning,
    calls: toolCalls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) as unknown })),
    finish,
    input: inputTokens,
    output: outputTokens,
  };
}

/** The openai SDK reads a count that is not told as 0. */
function expectSaid(got: Said, wanted: Said): void {
  expect({ ...got, input: got.input ?? 0, output: got.output ?? 0 }).toEqual({
    ...wanted,
    input: wanted.input ?? 0,
    output: wanted.output ?? 0,
  });
}
