import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Role } from "../../src/sdk/index.js";
import { anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import { responsesStream } from "../kits/responses-wire.js";
import type { Script } from "../kits/script.js";
import {
  answerJson,
  answerSse,
  type Behaviour,
  type SeenRequest,
  startUpstream,
  type TestUpstream,
} from "../kits/upstream.js";
import { anthropicClient } from "./clients/anthropic-client.js";
import type { Call, CanonicalError, Client } from "./clients/canonical.js";
import { connectJsonClient } from "./clients/connect-json-client.js";
import { grpcClient } from "./clients/grpc-client.js";
import { openAiClient } from "./clients/openai-client.js";
import { responsesClient } from "./clients/responses-client.js";

const SAID = "Once upon a time there";
const SCRIPT: Script = { text: `${SAID} was a king.`, finish: "stop", inputTokens: 10, outputTokens: 8 };
const REST: Script = { text: " was a king.", finish: "stop", inputTokens: 14, outputTokens: 4 };

/** The streams of the first target by its wire, up to where they break off. */
const HALVES = {
  chat: openAiStream(SCRIPT),
  responses: responsesStream(SCRIPT),
  messages: anthropicStream(SCRIPT),
} as const;

function half(wire: keyof typeof HALVES): string {
  const stream = HALVES[wire];
  const event = stream.indexOf('" was"');
  return stream.slice(0, stream.lastIndexOf("\n\n", event) + 2);
}

/** Callers of OpenAI's chat are answered there by either of its providers. */
function wireOf(wire: keyof typeof HALVES, { path }: SeenRequest): keyof typeof HALVES {
  return wire === "responses" && !path.endsWith("/responses") ? "chat" : wire;
}

/** How a stream may break off after its first content. */
const CUTS: Readonly<Record<string, (said: string) => Behaviour>> = {
  stream_truncated: (said) => (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(said, () => setTimeout(() => response.destroy(), 20));
  },
  stream_unfinished: (said) => answerSse(said),
  stream_stalled: (said) => (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(said);
  },
  malformed_answer: (said) => answerSse(`${said}data: {"half":\n\n`),
  provider_overloaded: (said) => answerSse(`${said}event: error\ndata: ${JSON.stringify(OVERLOADED)}\n\n`),
};
const OVERLOADED = { type: "error", error: { type: "overloaded_error", message: "too much" } };

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;

const clients: readonly [string, (url: string) => Client | Promise<Client>][] = [
  ["OpenAI's chat", openAiClient],
  ["OpenAI's Responses", responsesClient],
  ["Anthropic's", anthropicClient],
  ["gRPC", grpcClient],
  ["Connect", connectJsonClient],
];

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  chat: { plugin: openai, base_url: "${first.url}/v1", api_key: k, timeouts: { idle: 300ms } }
  responses: { plugin: openai, base_url: "${first.url}/v1", api_key: k, settings: { responses: true }, timeouts: { idle: 300ms } }
  messages: { plugin: anthropic, base_url: "${first.url}", api_key: k, timeouts: { idle: 300ms } }
  cannot: { plugin: openai, base_url: "${first.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${second.url}", api_key: k }
models:
${["chat", "responses", "messages"]
  .flatMap((provider) =>
    [provider, `${provider}-cut`].map(
      (name) =>
        `  ${name}: { on_cut: ${name.endsWith("-cut") ? "fail" : "continue"}, targets: [{ provider: ${provider}, model: gpt-5, price: { input: "1", output: "1" } }, { provider: cannot, model: gpt-5 }, { provider: claude, model: claude-sonnet-4-5, price: { input: "2", output: "2" } }] }`,
    ),
  )
  .join("\n")}
  twice: { on_cut: continue, targets: [{ provider: messages, model: gpt-5 }, { provider: claude, model: claude-sonnet-4-5 }, { provider: claude, model: claude-opus-4-5 }] }
  copied: { on_cut: continue, targets: [{ provider: messages, model: gpt-5 }, { provider: claude, model: claude-sonnet-4-5 }], shadows: [{ provider: claude, model: claude-opus-4-5 }] }
  nobody: { on_cut: continue, targets: [{ provider: chat, model: gpt-5 }, { provider: cannot, model: gpt-5 }] }
`);
});

beforeEach(() => {
  first.seen.length = 0;
  second.seen.length = 0;
  second.behave(answerSse(anthropicStream(REST)));
});

afterAll(async () => {
  await gateway.stop();
  await first.close();
  await second.close();
});

const CALL: Call = {
  chat: { messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Tell." } } }] }] },
  openai: { messages: [{ role: "user", content: "Tell." }] },
};

describe.each(["chat", "responses", "messages"] as const)("a stream of %s that breaks off", (wire) => {
  it.each(clients)("is gone on with by another target, and a client of %s reads one answer", async (_name, open) => {
    for (const [code, cut] of Object.entries(CUTS)) {
      first.behave((request, response) => cut(half(wireOf(wire, request)))(request, response));
      second.seen.length = 0;
      const client = await open(gateway.url);
      const answer = await client.stream(wire, CALL);
      expect([code, answer.text, answer.finish]).toEqual([code, SCRIPT.text, "stop"]);
      const messages = second.seen[0]?.json().messages as { role: string; content: unknown }[];
      expect(JSON.stringify(messages.at(-1))).toContain(SAID);
      expect(messages.at(-1)?.role).toBe("assistant");
      client.close();
    }
  });

  it.each(clients)("is told as broken where that is not wanted, to a client of %s", async (_name, open) => {
    first.behave((request, response) => answerSse(half(wireOf(wire, request)))(request, response));
    const client = await open(gateway.url);
    const error = await client.stream(`${wire}-cut`, CALL).then(
      () => undefined,
      (thrown: unknown) => thrown as CanonicalError,
    );
    expect(error?.said).toBe(SAID);
    expect(second.seen).toEqual([]);
    client.close();
  });
});

describe("the seam", () => {
  const openai = (): Client => openAiClient(gateway.url);

  it("is told in the record, with what both attempts took and cost", async () => {
    first.behave(answerSse(half("messages")));
    const answer = await anthropicClient(gateway.url).stream("messages", CALL);
    expect([answer.inputTokens, answer.outputTokens]).toEqual([10 + 14, 1 + 4]);
    expect(gateway.records().at(-1)).toMatchObject({
      target: "claude/claude-sonnet-4-5",
      attempts: 2,
      continuations: 1,
      failed_attempts: [
        expect.objectContaining({
          target: "messages/gpt-5",
          error: "stream_unfinished",
          next: "claude/claude-sonnet-4-5 goes on with the answer after stream_unfinished",
        }),
      ],
      input_tokens: 24,
      output_tokens: 5,
      // 11 tokens at a millionth of a dollar, 18 at two.
      cost: "0.000047",
      finish: "stop",
    });
  });

  it("is without what the second target repeats, be it all that was said or the white space at its end", async () => {
    for (const text of [SCRIPT.text as string, `${SAID} was a king.`, "was a king."]) {
      second.behave(answerSse(anthropicStream({ ...REST, text })));
      const stream = half("chat");
      const space =
        stream.slice(0, stream.lastIndexOf('" there"')) +
        stream.slice(stream.lastIndexOf('" there"')).replace('" there"', '" there "');
      first.behave(answerSse(space));
      expect((await openai().stream("chat", CALL)).text).toBe(SCRIPT.text);
    }
  });

  it("is not seen by a client of the wire that broke off, also where answers are compared with a shadow's", async () => {
    first.behave(answerSse(half("messages")));
    const answer = await anthropicClient(gateway.url).stream("copied", CALL);
    expect([answer.text, answer.finish]).toEqual([SCRIPT.text, "stop"]);
    const raw = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "copied",
        max_tokens: 100,
        stream: true,
        messages: [{ role: "user", content: "Tell." }],
      }),
    });
    const events = [...(await raw.text()).matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
    for (const once of ["message_start", "content_block_start", "content_block_stop", "message_stop"]) {
      expect(events.filter((name) => name === once)).toEqual([once]);
    }
  });

  it("can come more than once, while the plan has targets that can go on", async () => {
    first.behave(answerSse(half("messages")));
    const rest = anthropicStream(REST);
    second.behave((request, response) => {
      const messages = request.json().messages as { content: unknown }[];
      const again = JSON.stringify(messages.at(-1)).includes("there was");
      const cut = rest.slice(0, rest.lastIndexOf("event:", rest.indexOf('" a"')));
      const left = anthropicStream({ ...REST, text: " a king." });
      return answerSse(again ? left : cut)(request, response);
    });
    const answer = await openai().stream("twice", CALL);
    expect(answer.text).toBe(SCRIPT.text);
    expect(gateway.records().at(-1)).toMatchObject({ attempts: 3, continuations: 2, finish: "stop" });
  });

  it("goes to the next where the second target fails before it says anything", async () => {
    first.behave(answerSse(half("messages")));
    second.behave((request, response) =>
      second.seen.length === 1
        ? answerJson({ type: "error", error: { type: "overloaded_error", message: "no" } }, 529)(request, response)
        : answerSse(anthropicStream(REST))(request, response),
    );
    expect((await openai().stream("twice", CALL)).text).toBe(SCRIPT.text);
    expect(gateway.records().at(-1)).toMatchObject({ attempts: 3, continuations: 2 });
  });

  it("a stream that nobody can go on with ends as it would have", async () => {
    const cut = half("chat");
    const failing: readonly (readonly [string, string, () => void])[] = [
      ["nobody", cut, () => {}],
      ["chat", cut, () => second.behave(answerJson({}, 500))],
      ["chat", cut, () => second.behave(answerSse(""))],
    ];
    for (const [model, said, prepare] of failing) {
      first.behave(answerSse(said));
      prepare();
      const error = (await openai()
        .stream(model, CALL)
        .catch((thrown: unknown) => thrown)) as CanonicalError;
      expect([error.code, error.said]).toEqual(["stream_unfinished", SAID]);
      const next = model === "nobody" ? /^none: .+ \(prefill\)$/ : /goes on with the answer/;
      expect(gateway.records().at(-1)).toMatchObject({
        error: "stream_unfinished",
        failed_attempts: [{ next: expect.stringMatching(next) as string }, ...(model === "nobody" ? [] : [{}])],
      });
    }
  });

  it("half a call of a tool, reasoning, a form of the answer and several choices are not gone on with", async () => {
    const call = { id: "c", name: "f", arguments: '{"a": 1, "b": 2}' };
    const calls = openAiStream({ ...SCRIPT, toolCalls: [call], finish: "tool_calls" });
    const thinks = openAiStream({ ...SCRIPT, reasoning: "let me see" });
    const form = { ...CALL.openai, response_format: { type: "json_object" as const } };
    for (const [said, openaiCall] of [
      [calls.slice(0, calls.lastIndexOf("data:", calls.indexOf("2}"))), CALL.openai],
      [thinks.slice(0, thinks.lastIndexOf("data:", thinks.indexOf(" was"))), CALL.openai],
      [half("chat"), form],
    ] as const) {
      first.behave(answerSse(said));
      const stream = openai().stream("chat", { ...CALL, openai: openaiCall });
      const error = (await stream.catch((thrown: unknown) => thrown)) as CanonicalError;
      expect(error.code).toBe("stream_unfinished");
      expect(second.seen).toEqual([]);
      const next = "none: more than text is part of the answer, so that nobody can go on with it";
      expect(gateway.records().at(-1)).toMatchObject({ failed_attempts: [{ next }] });
    }
  });

  it("costs nothing of the verbatim lane: what is whole passes byte by byte", async () => {
    const whole = HALVES.chat.replaceAll('"logprobs":null', '"unknown":[1]');
    first.behave(answerSse(whole));
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...CALL.openai, model: "chat", stream: true, stream_options: { include_usage: true } }),
    });
    expect(await answer.text()).toBe(whole);
    expect(answer.headers.get("x-parlance-lane")).toBe("verbatim");
  });
});
