import { describe, expect, test } from "vitest";
import { context, eventsOf, responseOf, senseOf, wireOf } from "../../../test/support/responses-streams.js";
import {
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  FinishReason,
  type JsonObject,
  type MessageInitShape,
  ParlanceError,
  type PartSchema,
  Role,
  unfold,
} from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

type PartInit = MessageInitShape<typeof PartSchema>;

/** An answer of another dialect. */
function answer(parts: PartInit[], reason = FinishReason.STOP, raw = "end_turn"): Completion {
  return create(CompletionSchema, {
    id: "msg_1",
    model: "claude-x",
    choices: [
      create(ChoiceSchema, { message: { role: Role.ASSISTANT, parts: parts as never[] }, finish: { reason, raw } }),
    ],
  });
}
const text = (words: string, more: object = {}): PartInit => ({
  kind: { case: "text", value: { text: words, ...more } },
});
const encode = (completion: Completion, more: object = {}): JsonObject =>
  JSON.parse(openaiResponses.encodeResponse(completion, { ...context, ...more })) as JsonObject;
const decode = (body: JsonObject): Completion => openaiResponses.decodeResponse(JSON.stringify(body));

/** What clients of the specification demand of a whole answer: https://www.openresponses.org */
const DEMANDED = [
  "id",
  "object",
  "created_at",
  "completed_at",
  "status",
  "incomplete_details",
  "model",
  "previous_response_id",
  "instructions",
  "output",
  "error",
  "tools",
  "tool_choice",
  "truncation",
  "parallel_tool_calls",
  "text",
  "top_p",
  "presence_penalty",
  "frequency_penalty",
  "top_logprobs",
  "temperature",
  "reasoning",
  "usage",
  "max_output_tokens",
  "max_tool_calls",
  "store",
  "background",
  "service_tier",
  "metadata",
  "safety_identifier",
  "prompt_cache_key",
];

describe("answers of another dialect", () => {
  test("trap 139: every member that clients read is there, unary and in a stream", () => {
    const whole = encode(answer([text("Hi")]));
    const streamed = eventsOf(wireOf(unfold(answer([text("Hi")])))).at(-1)?.response as JsonObject;
    for (const name of DEMANDED) {
      expect(whole).toHaveProperty(name);
      expect(streamed).toHaveProperty(name);
    }
    expect(streamed).toEqual(whole);
  });

  test("trap 139: the request's own words are repeated, defaults where it said nothing", () => {
    const request = openaiResponses.decodeRequest(
      JSON.stringify({
        model: "m",
        input: "x",
        instructions: "Be brief.",
        tools: [{ type: "function", name: "look", parameters: { type: "object" } }, { type: "web_search" }],
        tool_choice: "required",
        temperature: 0.25,
        max_output_tokens: 77,
        text: { format: { type: "json_object" }, verbosity: "low" },
        reasoning: { effort: "low" },
        metadata: { a: "b" },
        truncation: "auto",
        parallel_tool_calls: false,
        store: false,
        previous_response_id: "resp_0",
        conversation: "conv_1",
        prompt_cache_key: "k",
        safety_identifier: "someone",
      }),
    );
    const whole = encode(answer([text("Hi")]), { request: () => request });
    expect(whole).toMatchObject({
      instructions: "Be brief.",
      tools: [
        { type: "function", name: "look", description: null, parameters: { type: "object" }, strict: null },
        { type: "web_search" },
      ],
      tool_choice: "required",
      temperature: 0.25,
      top_p: 1,
      max_output_tokens: 77,
      text: { format: { type: "json_object" }, verbosity: "low" },
      reasoning: { effort: "low", summary: null },
      metadata: { a: "b" },
      truncation: "auto",
      parallel_tool_calls: false,
      store: false,
      previous_response_id: "resp_0",
      conversation: { id: "conv_1" },
      prompt_cache_key: "k",
      safety_identifier: "someone",
    });
    const begun = eventsOf(wireOf(unfold(answer([])), { request: () => request }))[0]?.response as JsonObject;
    expect(begun).toMatchObject({ status: "in_progress", output: [], tool_choice: "required", temperature: 0.25 });
  });

  test("an answer that tells no tier has none", () => {
    expect(encode(answer([])).service_tier).toBeNull();
  });

  test("texts are pieces of one message, calls and reasoning are items of their own", () => {
    const output = encode(
      answer([
        { kind: { case: "reasoning", value: { text: "Hm." } } },
        text("See ", {}),
        text("here", { citations: [{ url: "https://a.example", startIndex: 0, endIndex: 4 }] }),
        { kind: { case: "toolCall", value: { id: "toolu_1", name: "look", arguments: "" } } },
      ]),
    ).output as JsonObject[];
    expect(output).toEqual([
      { type: "reasoning", id: "rs_req10", summary: [{ type: "summary_text", text: "Hm." }] },
      {
        type: "message",
        id: "msg_req11",
        status: "completed",
        role: "assistant",
        content: [
          { type: "output_text", text: "See ", annotations: [], logprobs: [] },
          {
            type: "output_text",
            text: "here",
            annotations: [
              {
                type: "url_citation",
                url: "https://a.example",
                title: "https://a.example",
                start_index: 0,
                end_index: 4,
              },
            ],
            logprobs: [],
          },
        ],
      },
      { type: "function_call", id: "fc_req12", status: "completed", call_id: "toolu_1", name: "look", arguments: "{}" },
    ]);
  });

  test("a signature of another provider comes back unchanged when the client sends its item back", () => {
    const signed: PartInit = {
      kind: { case: "reasoning", value: { text: "Hm.", signature: "sig", dialect: "anthropic-messages" } },
    };
    const search: PartInit = {
      kind: { case: "opaque", value: { dialect: "anthropic-messages", value: { type: "server_tool_use", id: "s" } } },
    };
    const { output } = encode(answer([signed, search, text("Yes.")]));
    expect((output as JsonObject[]).map(({ type, summary }) => [type, summary])).toEqual([
      ["reasoning", [{ type: "summary_text", text: "Hm." }]],
      ["reasoning", []],
      ["message", undefined],
    ]);
    const request = openaiResponses.decodeRequest(
      JSON.stringify({ model: "m", input: [{ role: "user", content: "x" }, ...(output as JsonObject[])] }),
    );
    expect(request.messages[1]?.parts.map(({ kind }) => kind)).toMatchObject([
      { case: "reasoning", value: { text: "Hm.", signature: "sig", dialect: "anthropic-messages" } },
      { case: "opaque", value: { dialect: "anthropic-messages", value: { type: "server_tool_use", id: "s" } } },
      { case: "text", value: { text: "Yes." } },
    ]);
  });

  test("a picture that the model made is an item that clients know", () => {
    const picture: PartInit = {
      kind: {
        case: "image",
        value: { source: { case: "data", value: new Uint8Array([0, 1, 2]) }, mediaType: "image/png" },
      },
    };
    expect((encode(answer([picture])).output as JsonObject[])[0]).toEqual({
      type: "image_generation_call",
      id: "ig_req10",
      status: "completed",
      result: "AAEC",
    });
  });

  test("what the wire cannot say is told as a loss", () => {
    const spoken: PartInit = {
      kind: { case: "audio", value: { source: { case: "data", value: new Uint8Array([1]) }, transcript: "Hi" } },
    };
    const cited = text("x", { citations: [{ citedText: "a passage" }] });
    const { parlance, output } = encode(answer([spoken, cited]));
    expect((parlance as { losses: JsonObject[] }).losses.map(({ path }) => path)).toEqual([
      "choices[0].message.parts[0].audio.data",
      "choices[0].message.parts[1].text.citations[0]",
    ]);
    expect((output as { content: JsonObject[] }[])[0]?.content[0]).toMatchObject({ type: "output_text", text: "Hi" });
  });

  test.each<[FinishReason, string, JsonObject]>([
    [FinishReason.STOP, "end_turn", { status: "completed", incomplete_details: null }],
    [FinishReason.TOOL_CALLS, "tool_use", { status: "completed", incomplete_details: null }],
    [FinishReason.LENGTH, "max_tokens", { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }],
    [
      FinishReason.CONTENT_FILTER,
      "refusal",
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
    ],
    [FinishReason.PAUSE, "pause_turn", { status: "incomplete", incomplete_details: null }],
    [FinishReason.ERROR, "error", { status: "failed", incomplete_details: null }],
    [FinishReason.UNSPECIFIED, "x", { status: "completed", incomplete_details: null }],
  ])("trap 142: an answer that ended with %s (%s) says how", (reason, raw, ending) => {
    expect(encode(answer([], reason, raw))).toMatchObject({ ...ending, parlance: { native_finish_reason: raw } });
  });
});

describe("answers of this dialect", () => {
  test.each<[string, JsonObject, FinishReason, string]>([
    ["completed", {}, FinishReason.STOP, "completed"],
    [
      "completed with a call",
      {
        output: [{ type: "function_call", id: "fc_1", call_id: "c", name: "n", arguments: "{}", status: "completed" }],
      },
      FinishReason.TOOL_CALLS,
      "completed",
    ],
    [
      "cut off",
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      FinishReason.LENGTH,
      "max_output_tokens",
    ],
    [
      "filtered",
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      FinishReason.CONTENT_FILTER,
      "content_filter",
    ],
    ["cancelled", { status: "cancelled" }, FinishReason.ERROR, "cancelled"],
    ["queued", { status: "queued" }, FinishReason.UNSPECIFIED, "queued"],
  ])("%s", (_, more, reason, raw) => {
    const body = responseOf(more);
    const completion = decode(body);
    expect(completion.choices[0]?.finish).toMatchObject({ reason, raw });
    expect(encode(completion)).toEqual(body);
    expect(openaiResponses.glean(Buffer.from(JSON.stringify(body))).finish).toEqual(completion.choices[0]?.finish);
  });

  test("usage is read with its details, and unknown numbers stay", () => {
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 3, x_tokens: 1 },
      output_tokens: 6,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 16,
      cost: 0.1,
    };
    const completion = decode(responseOf({ usage }));
    expect(completion.usage).toMatchObject({
      inputTokens: 10,
      outputTokens: 6,
      cacheReadTokens: 4,
      cacheWriteTokens: 3,
      reasoningTokens: 5,
    });
    expect(encode(completion).usage).toEqual(usage);
  });

  test("pieces of a summary are one text with a blank line between, and come back as they were", () => {
    const summary = ["One.", "Two.\n\nStill two.", ""].map((piece) => ({ type: "summary_text", text: piece }));
    const body = responseOf({ output: [{ type: "reasoning", id: "rs_1", summary, encrypted_content: "x" }] });
    const completion = decode(body);
    expect(completion.choices[0]?.message?.parts[0]?.kind.value).toMatchObject({
      text: "One.\n\nTwo.\n\nStill two.\n\n",
      encryptedContent: "x",
      dialect: "openai-responses",
    });
    expect(encode(completion)).toEqual(body);
  });

  test("a text that was changed on its way is told as it is now, in one piece", () => {
    const summary = ["One.", "Two."].map((piece) => ({ type: "summary_text", text: piece }));
    const completion = decode(responseOf({ output: [{ type: "reasoning", id: "rs_1", summary }] }));
    const kind = completion.choices[0]?.message?.parts[0]?.kind;
    if (kind?.case === "reasoning") kind.value.text = "Redacted.";
    expect((encode(completion).output as JsonObject[])[0]?.summary).toEqual([
      { type: "summary_text", text: "Redacted." },
    ]);
  });

  test("trap 104: unknown members, such as the verdicts of a filter, come back untouched", () => {
    const body = responseOf({ content_filters: [{ blocked: false, source_type: "prompt" }], moderation: null });
    expect(encode(decode(body))).toEqual(body);
  });

  test("log probabilities belong to the choice, and each text gets its own back", () => {
    const token = (word: string) => ({ token: word, logprob: -1, bytes: [1], top_logprobs: [] });
    const piece = (words: string[]) => ({
      type: "output_text",
      text: words.join(""),
      annotations: [],
      logprobs: words.map(token),
    });
    const content = [piece(["a", "b"]), piece([]), piece(["c"])];
    const message = { type: "message", id: "msg_1", status: "completed", role: "assistant", content };
    const completion = decode(responseOf({ output: [message] }));
    expect(completion.choices[0]?.logprobs?.content.map(({ token: word }) => word)).toEqual(["a", "b", "c"]);
    expect(encode(completion).output).toEqual([message]);
  });

  test.each<[string, JsonObject, string]>([
    ["rate_limit_exceeded", { code: "rate_limit_exceeded", message: "Slow down." }, "provider_rate_limited"],
    ["server_error", { code: "server_error", message: "Oops." }, "provider_error"],
    ["invalid_prompt", { code: "invalid_prompt", message: "No." }, "invalid_request"],
    ["image_too_large", { code: "image_too_large", message: "No." }, "invalid_request"],
  ])("a failed answer is an error: %s", (_, error, code) => {
    try {
      decode(responseOf({ status: "failed", error }));
      expect.unreachable();
    } catch (thrown) {
      expect(ParlanceError.from(thrown)).toMatchObject({ code, message: error.message });
    }
  });

  test.each(["[]", "nonsense", "{}", '{"output":[{"type":"function_call"}]}'])("%s is no answer", (body) => {
    expect(() => openaiResponses.decodeResponse(body)).toThrow(/provider's answer/);
    expect(() => openaiResponses.decodeResponse(body)).toThrow(expect.objectContaining({ code: "malformed_answer" }));
  });

  test("an item that is sent back means the same as when it came", () => {
    const output = [
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x", status: "completed" },
      {
        type: "message",
        id: "msg_1",
        status: "completed",
        role: "assistant",
        phase: "final_answer",
        content: [{ type: "output_text", text: "Hi", annotations: [], logprobs: [] }],
      },
    ];
    const came = decode(responseOf({ output }));
    const request = openaiResponses.decodeRequest(JSON.stringify({ model: "m", input: output }));
    const back = create(CompletionSchema, {
      choices: [create(ChoiceSchema, { message: request.messages[0] as never })],
    });
    expect((senseOf(back) as { parts: unknown }).parts).toEqual((senseOf(came) as { parts: unknown }).parts);
  });
});
