import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import * as chat from "../support/recorded-chat.js";
import * as messages from "../support/recorded-messages.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  chat: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const answered = (api: string | string[], provider?: string) =>
  recordings({ api, ...(provider !== undefined && { provider }) }).filter(({ response }) => response.status === 200);
const isFailure = (sse: string): boolean => sse.includes('"error":{') || sse.includes("event: error");

/** What both kinds of recordings tell. */
interface Answer {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly cut: string | undefined;
  readonly input: number | undefined;
  readonly output: number | undefined;
}

function ofChat({ text, calls, finish, usage }: chat.ChatAnswer): Answer {
  const cut = finish === "length" ? "max_output_tokens" : finish === "content_filter" ? finish : undefined;
  return { text, calls, cut, input: usage?.prompt_tokens, output: usage?.completion_tokens };
}

function ofMessage({ text, calls, stop, input, output }: messages.MessageAnswer): Answer {
  return { text, calls, cut: stop === "max_tokens" ? "max_output_tokens" : undefined, input, output };
}

const dialects = [
  {
    name: "Chat Completions",
    model: "chat/any",
    whole: answered(["chat", "compat.chat"]).filter(({ response }) => chat.choicesOf(response.body).length > 0),
    streamed: answered(["chat", "compat.chat"]).filter(
      ({ response }) => response.sse !== undefined && !isFailure(response.sse),
    ),
    readWhole: (body: unknown) => ofChat(chat.saidWhole(body)),
    readStream: (sse: string) => ofChat(chat.saidStreamed(sse)),
    atLeast: 100,
  },
  {
    name: "Anthropic's messages",
    model: "claude/any",
    whole: answered("messages", "anthropic").filter(
      ({ response }) => (response.body as { type?: string } | undefined)?.type === "message",
    ),
    streamed: answered("messages", "anthropic").filter(
      ({ response }) => response.sse?.includes("message_stop") === true && !isFailure(response.sse),
    ),
    readWhole: (body: unknown) => ofMessage(messages.saidWhole(body)),
    readStream: (sse: string) => ofMessage(messages.saidStreamed(sse)),
    atLeast: 50,
  },
] as const;

describe.each(dialects)(
  "a recorded answer of $name, asked for through the Responses door",
  ({ model, whole, streamed, readWhole, readStream, atLeast }) => {
    const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);
    const ask = { model, input: "Hi", max_output_tokens: 1000 };

    it("has recordings of both kinds", () => {
      expect(whole.length).toBeGreaterThanOrEqual(atLeast);
      expect(streamed.length).toBeGreaterThanOrEqual(atLeast);
    });

    it.each(named(whole))("is read right by OpenAI's SDK, and kept: %s", async (_file, recording) => {
      upstream.behave(answerJson(recording.response.body));
      const response = await client.responses.create(ask);
      expectSame(response, readWhole(recording.response.body));
      expect(await client.responses.retrieve(response.id)).toEqual(response);
    });

    it.each(named(streamed))("is read right by OpenAI's SDK, streamed, and kept: %s", async (_file, recording) => {
      upstream.behave(answerSse(recording.response.sse as string, [5, 1, 300]));
      const response = await client.responses.stream(ask).finalResponse();
      expectSame(response, readStream(recording.response.sse as string));
      const kept = await client.responses.retrieve(response.id);
      expect(kept.output).toEqual(response.output.map(bare));
    });
  },
);

/** Without what the SDK's helper adds to the items of a stream. */
function bare(item: OpenAI.Responses.ResponseOutputItem): unknown {
  const copy = structuredClone(item) as unknown as Record<string, unknown> & { content?: Record<string, unknown>[] };
  delete copy.parsed_arguments;
  if (Array.isArray(copy.content)) for (const piece of copy.content) delete piece.parsed;
  return copy;
}

function expectSame(response: OpenAI.Responses.Response, said: Answer): void {
  const pieces = response.output.flatMap((item) => (item.type === "message" ? item.content : []));
  expect(pieces.map((piece) => (piece.type === "output_text" ? piece.text : piece.refusal)).join("")).toBe(said.text);
  const calls = response.output.flatMap((item) => {
    if (item.type === "function_call") return [[item.name, JSON.parse(item.arguments || "{}") as unknown]];
    return [];
  });
  expect(calls).toEqual(said.calls.map((call) => [call.name, JSON.parse(call.arguments || "{}") as unknown]));
  if (said.cut !== undefined) expect(response.incomplete_details?.reason).toBe(said.cut);
  if (said.input !== undefined) expect(response.usage?.input_tokens).toBe(said.input);
  if (said.output !== undefined) expect(response.usage?.output_tokens).toBeGreaterThanOrEqual(said.output);
}
