import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SAID: Script = { text: "Said.", finish: "stop", inputTokens: 5, outputTokens: 2 };
const THOUGHT: Script = { ...SAID, reasoning: "Hm.", signature: "c2VhbGVk" };

let chat: TestUpstream;
let claude: TestUpstream;
let other: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  chat = await startUpstream();
  claude = await startUpstream();
  other = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  chat: { plugin: openai, base_url: "${chat.url}/v1" }
  claude: { plugin: anthropic, base_url: "${claude.url}" }
  other: { plugin: anthropic, base_url: "${other.url}" }
models:
  chat-first:
    targets: [{ provider: chat, model: m }, { provider: claude, model: m, priority: 1 }]
  two:
    targets: [{ provider: claude, model: m }, { provider: other, model: m, priority: 1 }]
  other-first:
    targets: [{ provider: other, model: m }, { provider: claude, model: m, priority: 1 }]
  careful:
    strict: true
    targets: [{ provider: claude, model: m }]
`);
});

beforeEach(() => {
  for (const upstream of [chat, claude, other]) upstream.seen.length = 0;
  chat.behave(answerJson(openAiAnswer(SAID)));
  claude.behave((request, response) =>
    (request.json().stream === true ? answerSse(anthropicStream(THOUGHT)) : answerJson(anthropicAnswer(THOUGHT)))(
      request,
      response,
    ),
  );
  other.behave(answerJson(anthropicAnswer({ ...THOUGHT, signature: "b3RoZXI" })));
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all([chat.close(), claude.close(), other.close()]);
});

const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const signed = { type: "thinking", thinking: "Hm.", signature: "c2VhbGVk" };
const unsigned = { type: "thinking", thinking: "Whose?", signature: "" };
const foreign = { type: "thinking", thinking: "", signature: `parlance.sealed.part.v1:${btoa("{}")}` };
const words = { type: "text", text: "Said." };
const turns = (...content: object[]) => [
  { role: "user", content: "Hi" },
  { role: "assistant", content },
  { role: "user", content: "And?" },
];
const messages = (model: string, ...content: object[]) => ({ model, max_tokens: 9000, messages: turns(...content) });
const contentAt = (upstream: TestUpstream, call = 0): unknown =>
  (upstream.seen[call]?.json().messages as { content: unknown }[] | undefined)?.[1]?.content;

describe("a conversation of Anthropic's wire", () => {
  it("goes first to a target that can read its signatures, byte for byte", async () => {
    const answer = await post("/v1/messages", messages("chat-first", signed, words));
    expect(answer.status).toBe(200);
    expect(chat.seen).toHaveLength(0);
    expect(contentAt(claude)).toEqual([signed, words]);
    expect(answer.headers.get("x-parlance-losses")).toBeNull();
  });

  it("goes on elsewhere when that target fails: its reasoning is a loss, and nobody refuses it", async () => {
    claude.behave(answerJson({ type: "error", error: { type: "overloaded_error", message: "Busy" } }, 529));
    const answer = await post("/v1/messages", messages("chat-first", signed, words));
    expect(answer.status).toBe(200);
    expect(chat.seen).toHaveLength(1);
    expect(chat.seen[0]?.body.toString()).not.toContain("Hm.");
    const { parlance } = (await answer.json()) as { parlance: { losses: { path: string }[] } };
    expect(parlance.losses.map(({ path }) => path)).toContain("messages[1].parts[0]");
  });

  it("loses exactly the thinking that nobody has signed, or another dialect's provider", async () => {
    const answer = await post("/v1/messages", messages("two", unsigned, signed, foreign, words));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(answer.headers.get("x-parlance-losses")).toBe("2");
    expect(contentAt(claude)).toEqual([signed, words]);
  });

  it.each([
    ["by header", "two", { "x-parlance-strict": "true" }, {}],
    ["by body", "two", {}, { parlance: { strict: true } }],
    ["by the model's configuration", "careful", {}, {}],
  ])("is refused with the field's name where strict is asked for %s", async (_, model, headers, more) => {
    const answer = await post("/v1/messages", { ...messages(model, unsigned, words), ...more }, headers);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("messages[1].content[0]");
    expect(claude.seen).toHaveLength(0);
  });

  it("is refused strictly over RPC by metadata too, which is true or false and nothing else", async () => {
    const said = {
      chat: { model: "two", topLogprobs: 3, messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
    };
    const call = (strict: string): Promise<Response> =>
      post("/parlance.v1.CompletionService/Complete", said, { "x-parlance-strict": strict });
    expect((await call("false")).status).toBe(200);
    for (const [value, field] of [
      ["true", "top_logprobs"],
      ["maybe", "x-parlance-strict"],
    ] as const) {
      const refused = await call(value);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain(field);
    }
  });

  it("is sent once more without seals when the provider cannot read one that another server made", async () => {
    const refusal = {
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "messages.1.content.0: Invalid `signature` in `thinking` block",
      },
    };
    claude.behave((request, response) =>
      (request.body.includes("signature") ? answerJson(refusal, 400) : answerJson(anthropicAnswer(SAID)))(
        request,
        response,
      ),
    );
    const answer = await post("/v1/messages", messages("two", signed, words));
    expect(answer.status).toBe(200);
    expect(claude.seen).toHaveLength(2);
    expect(contentAt(claude, 1)).toEqual([words]);
    expect(answer.headers.get("x-parlance-losses")).toBe("1");
    const strict = await post("/v1/messages", messages("two", signed, words), { "x-parlance-strict": "true" });
    expect(strict.status).toBe(400);
    expect(await strict.text()).toContain("messages[1].content[0]");
  });
});

describe("a conversation of another wire", () => {
  interface Answered {
    choices: { message: Record<string, unknown> }[];
    parlance?: { losses: { path: string }[] };
  }
  const begin = async (model: string): Promise<Record<string, unknown>> => {
    const first = await post("/v1/chat/completions", { model, messages: [{ role: "user", content: "Hi" }] });
    return ((await first.json()) as Answered).choices[0]?.message as Record<string, unknown>;
  };
  const goOn = (model: string, message: object): Promise<Response> =>
    post("/v1/chat/completions", {
      model,
      messages: [{ role: "user", content: "Hi" }, message, { role: "user", content: "And?" }],
    });

  it("goes back to the provider that sealed its reasoning, of two that speak the same dialect", async () => {
    const message = await begin("two");
    const answer = await goOn("other-first", message);
    expect(answer.headers.get("x-parlance-provider")).toBe("claude");
    expect(contentAt(claude, 1)).toEqual([signed, words]);
  });

  it("goes on at the other when its own fails in the middle, without what the other cannot read", async () => {
    const message = await begin("two");
    claude.behave(answerJson({ type: "error", error: { type: "api_error", message: "Down" } }, 500));
    const answer = await goOn("two", message);
    expect(answer.headers.get("x-parlance-provider")).toBe("other");
    expect(contentAt(other)).toEqual([words]);
    const { parlance } = (await answer.json()) as Answered;
    expect(parlance?.losses.map(({ path }) => path)).toContain("messages[1].parts[0]");
    const strict = await post(
      "/v1/chat/completions",
      { model: "two", messages: [{ role: "user", content: "Hi" }, message, { role: "user", content: "And?" }] },
      { "x-parlance-strict": "true" },
    );
    expect(strict.ok).toBe(false);
    expect(other.seen).toHaveLength(1);
  });
});
