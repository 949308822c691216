import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type AnswerContext,
  chunks,
  type Chunk,
  create,
  CompletionSchema,
  FinishReason,
  fold,
  type JsonObject,
  Losses,
  ParlanceError,
  readSse,
  Role,
  skim,
  unfold,
} from "../../sdk/index.js";
import { openaiChat } from "../openai-chat/index.js";
import { openaiCompletions } from "./index.js";

const context: AnswerContext = { requestId: "id", model: "m", created: 1, includeUsage: true, legacyFunctions: false };
const decode = (body: unknown) => openaiCompletions.decodeRequest(JSON.stringify(body));
const target = (losses = new Losses()) => ({ model: "m", stream: false, traits: {}, losses });
const toChat = (body: unknown, losses = new Losses()) =>
  JSON.parse(openaiChat.encodeRequest(decode(body), target(losses))) as JsonObject;
const again = (body: unknown, losses = new Losses()) =>
  JSON.parse(openaiCompletions.encodeRequest(decode(body), target(losses))) as JsonObject;
const base = { model: "m", prompt: "Once" };

function refusal(body: unknown): ParlanceError {
  try {
    decode(body);
  } catch (thrown) {
    return ParlanceError.from(thrown);
  }
  return expect.fail("it was decoded");
}

describe("a legacy request", () => {
  it("becomes a chat of one message, with the API's own limit of 16 tokens", () => {
    expect(toChat(base)).toEqual({ model: "m", messages: [{ role: "user", content: "Once" }], max_tokens: 16 });
    expect(toChat({ ...base, prompt: ["Once"], max_tokens: 5, stop: "\n", seed: 7, min_p: 0.1 })).toEqual({
      model: "m",
      messages: [{ role: "user", content: "Once" }],
      max_tokens: 5,
      stop: "\n",
      seed: 7,
      min_p: 0.1,
    });
  });

  it("asks a chat target for log probabilities in its own words", () => {
    expect(toChat({ ...base, logprobs: 3 })).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(toChat({ ...base, logprobs: 0 })).toMatchObject({ logprobs: true, top_logprobs: 0 });
    expect(toChat({ ...base, logprobs: null })).not.toHaveProperty("logprobs");
  });

  it("loses best_of by name where the target does not choose, and nothing where there is no choice", () => {
    const losses = new Losses();
    expect(toChat({ ...base, n: 2, best_of: 4 }, losses)).not.toHaveProperty("best_of");
    expect(losses.list.map(({ path }) => path)).toEqual(["extensions.openai-completions.best_of"]);
    const none = new Losses();
    toChat({ ...base, best_of: 1, echo: true, suffix: "" }, none);
    expect(none.list).toEqual([]);
    expect(() => toChat({ ...base, best_of: 4 }, new Losses(true))).toThrow("best_of would be lost");
  });

  test.each([
    ["prompt", "unsupported", { prompt: ["a", "b"] }],
    ["prompt", "unsupported", { prompt: [1, 2] }],
    ["prompt[0]", "unsupported", { prompt: [[1], [2]] }],
    ["prompt[1]", "invalid_request", { prompt: ["a", 2] }],
    ["prompt", "invalid_request", { prompt: [] }],
    ["prompt", "invalid_request", { prompt: null }],
    ["prompt", "invalid_request", { prompt: 1 }],
    ["suffix", "unsupported", { suffix: "the end" }],
    ["echo", "unsupported", { echo: true, logprobs: 1 }],
    ["echo", "invalid_request", { echo: "yes" }],
    ["max_tokens", "unsupported", { max_tokens: 0 }],
    ["max_tokens", "invalid_request", { max_tokens: -1 }],
    ["logprobs", "invalid_request", { logprobs: 99 }],
    ["best_of", "invalid_request", { n: 3, best_of: 2 }],
    ["messages", "invalid_request", { messages: [] }],
    ["temperature", "invalid_request", { temperature: 3 }],
  ])("is refused with the field at fault: %s, %s", (field, code, members) => {
    expect(refusal({ ...base, ...members })).toMatchObject({ code, facts: { field } });
  });

  it("law 3: comes back as the same JSON", () => {
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const request = fc.record({
      model: fc.constant("m"),
      prompt: fc.oneof(fc.string(), fc.tuple(fc.string())),
      max_tokens: optional(fc.oneof(fc.integer({ min: 1, max: 9999 }), fc.constant(null))),
      logprobs: optional(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(null), fc.boolean())),
      echo: optional(fc.constantFrom(false, null)),
      suffix: optional(fc.constantFrom("", null)),
      best_of: optional(fc.constantFrom(1, 3, null)),
      temperature: optional(fc.double({ min: 0, max: 2, noNaN: true })),
      stop: optional(fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(null))),
      logit_bias: optional(fc.constantFrom({}, { "50256": -100 })),
      user: optional(fc.string()),
      seed: optional(fc.maxSafeInteger()),
      repetition_penalty: optional(fc.double({ noNaN: true, noDefaultInfinity: true })),
    });
    fc.assert(
      fc.property(request, (given) => {
        const body = JSON.parse(JSON.stringify(given)) as JsonObject;
        const losses = new Losses();
        expect(again(body, losses)).toEqual(body);
        expect(losses.list).toEqual([]);
      }),
    );
  });

  it("keeps a seed that a double cannot hold", () => {
    const text = '{"model":"m","prompt":"a","seed":9007199254740993}';
    expect(openaiCompletions.encodeRequest(openaiCompletions.decodeRequest(text), target())).toContain(
      "9007199254740993",
    );
  });

  it("echoes only where it is asked to, and tells the prompt", () => {
    const echo = (body: object): string | undefined => {
      const bytes = Buffer.from(JSON.stringify(body));
      return openaiCompletions.echo?.(bytes, skim(bytes));
    };
    expect(echo(base)).toBeUndefined();
    expect(echo({ ...base, echo: false })).toBeUndefined();
    expect(echo({ ...base, prompt: ["Once"], echo: true })).toBe("Once");
    expect(echo({ ...base, prompt: [[1], [2]], echo: true })).toBeUndefined();
  });
});

describe("a chat for a target of legacy completions", () => {
  it("is a prompt where it is one message of text; tools are a loss, a conversation is unsupported", () => {
    const chat = {
      model: "x",
      messages: [{ role: "user", content: "Once" }],
      max_completion_tokens: 9,
      logprobs: true,
    };
    const losses = new Losses();
    const request = openaiChat.decodeRequest(
      JSON.stringify({ ...chat, metadata: { a: "b" }, reasoning_effort: "low" }),
    );
    expect(JSON.parse(openaiCompletions.encodeRequest(request, target(losses)))).toEqual({
      model: "m",
      prompt: "Once",
      max_tokens: 9,
      logprobs: 0,
    });
    expect(losses.list.map(({ path }) => path).sort()).toEqual(["metadata", "reasoning_effort"]);
    const more = [{ role: "system", content: "Be brief." }, ...chat.messages];
    const conversation = openaiChat.decodeRequest(JSON.stringify({ ...chat, messages: more }));
    expect(() => openaiCompletions.encodeRequest(conversation, target())).toThrow("takes one prompt of text");
  });
});

const answer = {
  id: "cmpl-1",
  object: "text_completion",
  created: 5,
  model: "m-2",
  choices: [
    {
      text: " upon a",
      index: 0,
      logprobs: {
        text_offset: [0, 5],
        token_logprobs: [-0.5, -1],
        tokens: [" upon", " a"],
        top_logprobs: [{ " upon": -0.5, " on": -2 }, { " a": -1 }],
      },
      finish_reason: "length",
    },
    { text: " there", index: 1, logprobs: null, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
};

describe("a legacy answer", () => {
  it("trap 129: has log probabilities in lists of its own, and gives them to a chat client in the newer shape", () => {
    const completion = openaiCompletions.decodeResponse(JSON.stringify(answer));
    expect(JSON.parse(openaiCompletions.encodeResponse(completion, context))).toEqual(answer);
    const chat = JSON.parse(openaiChat.encodeResponse(completion, context)) as typeof answer;
    expect(chat.choices[0]).toMatchObject({
      message: { content: " upon a" },
      logprobs: {
        content: [{ token: " upon", logprob: -0.5, top_logprobs: [{ token: " upon" }, { token: " on" }] }, {}],
      },
    });
    const offset = { ...answer.choices[0]?.logprobs, text_offset: [4, 9] };
    const moved = { ...answer, choices: [{ ...answer.choices[0], logprobs: offset }] };
    const back = openaiCompletions.encodeResponse(openaiCompletions.decodeResponse(JSON.stringify(moved)), context);
    expect(JSON.parse(back)).toEqual(moved);
  });

  it("begins with the prompt where the caller asked for an echo, and offsets count from there", () => {
    const completion = openaiCompletions.decodeResponse(JSON.stringify(answer));
    const echoed = JSON.parse(
      openaiCompletions.encodeResponse(completion, { ...context, echo: "Once" }),
    ) as typeof answer;
    expect(echoed.choices.map(({ text }) => text)).toEqual(["Once upon a", "Once there"]);
    expect(echoed.choices[0]?.logprobs?.text_offset).toEqual([4, 9]);
  });

  it("tells what has no place in a text as a loss, whole and streamed", () => {
    const completion = create(CompletionSchema, {
      id: "1",
      choices: [
        {
          message: {
            role: Role.ASSISTANT,
            parts: [
              { kind: { case: "reasoning", value: { text: "hm" } } },
              { kind: { case: "text", value: { text: "yes" } } },
            ],
          },
          finish: { reason: FinishReason.TOOL_CALLS, raw: "tool_use" },
        },
      ],
    });
    const whole = JSON.parse(openaiCompletions.encodeResponse(completion, context)) as JsonObject;
    const told = { path: "choices[0].message.parts[0]", kind: "dropped", reason: expect.stringContaining("reasoning") };
    expect(whole).toMatchObject({ choices: [{ text: "yes", finish_reason: "stop" }], parlance: { losses: [told] } });
    expect(events(unfold(completion)).at(-1)).toMatchObject({ choices: [], parlance: { losses: [told] } });
  });

  it("that is an error is an error", () => {
    expect(() => openaiCompletions.decodeResponse('{"error":{"message":"broken"}}')).toThrow("broken");
    expect(() => openaiCompletions.decodeResponse("<html>")).toThrow("not JSON");
  });
});

/** The events that the encoder writes; `[DONE]` must be the last. */
function events(list: readonly Chunk[], given = context): JsonObject[] {
  const encoder = openaiCompletions.streamEncoder(given);
  const data: string[] = [];
  readSse(Buffer.from(list.map((chunk) => encoder.encode(chunk)).join("")), (event) => data.push(event.data));
  expect(data.pop()).toBe("[DONE]");
  return data.map((text) => JSON.parse(text) as JsonObject);
}

function reread(list: readonly Chunk[]): Chunk[] {
  const decoder = openaiCompletions.streamDecoder();
  const encoder = openaiCompletions.streamEncoder(context);
  const out: Chunk[] = [];
  readSse(Buffer.from(list.map((chunk) => encoder.encode(chunk)).join("")), (event) => decoder.decode(event, out));
  decoder.end(out);
  return out;
}

describe("a legacy stream", () => {
  it("trap 126: ends with [DONE], usage before it where it was asked for", () => {
    const list = unfold(openaiCompletions.decodeResponse(JSON.stringify(answer)));
    expect(events(list).at(-1)).toEqual({ ...head, choices: [], usage: answer.usage });
    expect(events(list, { ...context, includeUsage: false }).some((event) => "usage" in event)).toBe(false);
    expect(events(list)[0]).toEqual({
      ...head,
      choices: [{ text: " upon a", index: 0, logprobs: null, finish_reason: null }],
      usage: null,
    });
  });

  it("begins every choice with the echo", () => {
    const list = unfold(openaiCompletions.decodeResponse(JSON.stringify(answer)));
    const texts = ["", ""];
    for (const { choices } of events(list, { ...context, echo: "Once" }) as unknown as (typeof answer)[]) {
      for (const { index, text } of choices) texts[index] += text;
    }
    expect(texts).toEqual(["Once upon a", "Once there"]);
  });

  it("laws 1 and 2: text, log probabilities, finish and usage of any choices come back from the wire", () => {
    const choice = fc.record({
      text: fc.string({ minLength: 1 }),
      tokens: fc.array(fc.tuple(fc.string(), fc.double({ min: -9, max: 0, noNaN: true })), { maxLength: 3 }),
      finish: fc.constantFrom("stop", "length", "content_filter"),
    });
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 4 }), (choices) => {
        const wire = {
          ...answer,
          choices: choices.map(({ text, tokens, finish }, index) => ({
            text,
            index,
            logprobs:
              tokens.length === 0
                ? null
                : {
                    tokens: tokens.map(([token]) => token),
                    token_logprobs: tokens.map(([, logprob]) => (Object.is(logprob, -0) ? 0 : logprob)),
                    top_logprobs: null,
                    text_offset: tokens.map((_, at) =>
                      tokens.slice(0, at).reduce((sum, [t]) => sum + [...t].length, 0),
                    ),
                  },
            finish_reason: finish,
          })),
        };
        const completion = openaiCompletions.decodeResponse(JSON.stringify(wire));
        expect(JSON.parse(openaiCompletions.encodeResponse(completion, context))).toEqual(wire);
        expect(fold(unfold(completion))).toEqual(completion);
        const back = fold(reread(unfold(completion)));
        expect(back.usage).toEqual(completion.usage);
        expect(
          back.choices.map(({ message, logprobs, finish }) => ({ parts: message?.parts, logprobs, finish })),
        ).toEqual(
          completion.choices.map(({ message, logprobs, finish }) => ({ parts: message?.parts, logprobs, finish })),
        );
      }),
    );
  });

  it("tells an error in OpenAI's shape, and an error event is one", () => {
    const encoder = openaiCompletions.streamEncoder(context);
    const text = encoder.error(new ParlanceError("stream_truncated", "cut"));
    expect(text).toContain('"code":"stream_truncated"');
    const decoder = openaiCompletions.streamDecoder();
    expect(() => readSse(Buffer.from(text), (event) => decoder.decode(event, []))).toThrow("cut");
    expect(encoder.keepAlive()).toMatch(/^:.*\n\n$/);
  });

  it("is cut off when it ends without a finish", () => {
    const out: Chunk[] = [];
    const decoder = openaiCompletions.streamDecoder();
    decoder.decode({ event: "", data: '{"id":"1","choices":[{"index":0,"text":"a","finish_reason":null}]}' }, out);
    expect(out.at(-1)).toEqual(chunks.textDelta(0, 0, "a"));
    expect(() => decoder.end(out)).toThrow(expect.objectContaining({ code: "stream_unfinished" }));
  });
});

const head = { id: "cmpl-1", object: "text_completion", created: 5, model: "m-2" };
