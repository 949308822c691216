import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { context, eventsOf, readBySdk, readStream, senseOf, wireOf } from "../../../test/support/responses-streams.js";
import {
  type Chunk,
  chunks,
  create,
  FinishReason,
  fold,
  type JsonObject,
  LogprobsSchema,
  type MessageInitShape,
  ParlanceError,
  type PartSchema,
  ToolKind,
  UsageSchema,
} from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

type PartInit = MessageInitShape<typeof PartSchema>;

const text: PartInit = { kind: { case: "text", value: { text: "" } } };
const refusal: PartInit = { kind: { case: "refusal", value: { text: "" } } };
const thought = (dialect?: string): PartInit => ({
  kind: { case: "reasoning", value: { text: "", ...(dialect !== undefined && { dialect }) } },
});
const call = (id: string, kind = ToolKind.FUNCTION): PartInit => ({
  kind: { case: "toolCall", value: { id, name: "look", arguments: "", kind } },
});
const begin = chunks.completionStart({ id: "resp_9", model: "m", createTime: { seconds: 9n, nanos: 0 } });
const stop = chunks.finish(0, { reason: FinishReason.STOP, raw: "end_turn" });
const end = chunks.completionEnd();
const types = (events: readonly JsonObject[]): unknown[] => events.map(({ type }) => type);

describe("the events of an answer", () => {
  test("trap 138: a text comes in the whole sequence, numbered without a gap and named by its event line", () => {
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, text),
        chunks.textDelta(0, 0, "Hel"),
        chunks.textDelta(0, 0, "lo"),
        chunks.partEnd(0, 0),
        stop,
        end,
      ]),
    );
    expect(types(events)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events[4]).toEqual({
      type: "response.output_text.delta",
      item_id: "msg_req10",
      output_index: 0,
      content_index: 0,
      delta: "Hel",
      logprobs: [],
      sequence_number: 4,
    });
    expect(events[8]?.item).toEqual({
      type: "message",
      id: "msg_req10",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: "Hello", annotations: [], logprobs: [] }],
    });
  });

  test("trap 126: no stream of this dialect ends with [DONE]", () => {
    expect(wireOf([begin, stop, end])).not.toContain("[DONE]");
  });

  test("trap 140: a call has an id of its own beside the call's, and its arguments come as deltas and whole", () => {
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, call("call_1")),
        chunks.toolCallDelta(0, 0, '{"a":'),
        chunks.toolCallDelta(0, 0, "1}"),
        chunks.partEnd(0, 0),
        chunks.finish(0, { reason: FinishReason.TOOL_CALLS, raw: "tool_use" }),
        end,
      ]),
    ).slice(2);
    expect(events[0]?.item).toEqual({
      type: "function_call",
      id: "fc_req10",
      status: "in_progress",
      call_id: "call_1",
      name: "look",
      arguments: "",
    });
    expect(events.slice(1, 4)).toMatchObject([
      { type: "response.function_call_arguments.delta", item_id: "fc_req10", output_index: 0, delta: '{"a":' },
      { type: "response.function_call_arguments.delta", delta: "1}" },
      { type: "response.function_call_arguments.done", item_id: "fc_req10", name: "look", arguments: '{"a":1}' },
    ]);
    expect(events[4]?.item).toMatchObject({ status: "completed", arguments: '{"a":1}' });
  });

  test("trap 140: an id of more than 64 characters is shortened, always in the same way", () => {
    const long = "c".repeat(90);
    const made = [1, 2].map(() => {
      const sse = wireOf([begin, chunks.partStart(0, 0, call(long)), chunks.partEnd(0, 0), stop, end]);
      return (eventsOf(sse)[2] as { item: JsonObject } & JsonObject).item.call_id as string;
    });
    expect(made[0]).toHaveLength(64);
    expect(made[1]).toBe(made[0]);
  });

  test("a call without arguments is told the empty object", () => {
    const sse = wireOf([begin, chunks.partStart(0, 0, call("call_1")), chunks.partEnd(0, 0), stop, end]);
    expect(types(eventsOf(sse)).slice(3, 5)).toEqual([
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
    ]);
    expect(eventsOf(sse)[4]?.arguments).toBe("{}");
  });

  test("free text of a custom tool has events of its own", () => {
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, call("call_1", ToolKind.CUSTOM)),
        chunks.toolCallDelta(0, 0, "select 1"),
        chunks.partEnd(0, 0),
        stop,
        end,
      ]),
    );
    expect(types(events).slice(3, 5)).toEqual([
      "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done",
    ]);
    expect(events[5]?.item).toMatchObject({ type: "custom_tool_call", id: "ctc_req10", input: "select 1" });
  });

  test("reasoning is told as a summary, and its seal with its end", () => {
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, thought("openai-responses")),
        chunks.reasoningDelta(0, 0, "Hm."),
        chunks.reasoningSeal(0, 0, "sealed"),
        chunks.partEnd(0, 0),
        chunks.partStart(0, 1, text),
        chunks.textDelta(0, 1, "Yes."),
        chunks.partEnd(0, 1),
        stop,
        end,
      ]),
    ).slice(2);
    expect(types(events).slice(0, 6)).toEqual([
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
    ]);
    expect(events[5]?.item).toEqual({
      type: "reasoning",
      id: "rs_req10",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "sealed",
    });
    expect(events[6]).toMatchObject({ type: "response.output_item.added", output_index: 1 });
  });

  test("trap 128: a refusal is a piece of its own kind and never a text", () => {
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, refusal),
        chunks.refusalDelta(0, 0, "No."),
        chunks.partEnd(0, 0),
        stop,
        end,
      ]),
    );
    expect(types(events).slice(3, 7)).toEqual([
      "response.content_part.added",
      "response.refusal.delta",
      "response.refusal.done",
      "response.content_part.done",
    ]);
    expect(events[6]?.part).toEqual({ type: "refusal", refusal: "No." });
  });

  test("citations and log probabilities come with their text", () => {
    const tokens = create(LogprobsSchema, { content: [{ token: "See", logprob: -0.5, bytes: Buffer.from("See") }] });
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, text),
        chunks.textDelta(0, 0, "See"),
        chunks.logprobsDelta(0, tokens),
        chunks.citationAdd(0, 0, {
          $typeName: "parlance.v1.Citation",
          url: "https://a.example",
          title: "A",
          startIndex: 0,
          endIndex: 3,
        }),
        chunks.partEnd(0, 0),
        stop,
        end,
      ]),
    );
    const logprobs = [{ token: "See", logprob: -0.5, bytes: [83, 101, 101], top_logprobs: [] }];
    const annotation = { type: "url_citation", url: "https://a.example", title: "A", start_index: 0, end_index: 3 };
    expect(events[5]).toMatchObject({ type: "response.output_text.delta", delta: "", logprobs });
    expect(events[6]).toMatchObject({ type: "response.output_text.annotation.added", annotation_index: 0, annotation });
    expect(events[8]?.part).toEqual({ type: "output_text", text: "See", annotations: [annotation], logprobs });
  });

  test("trap 142: an answer that was cut off ends with response.incomplete and its reason", () => {
    const events = eventsOf(
      wireOf([
        begin,
        chunks.partStart(0, 0, text),
        chunks.textDelta(0, 0, "Once upon"),
        chunks.partEnd(0, 0),
        chunks.finish(0, { reason: FinishReason.LENGTH, raw: "max_tokens" }),
        chunks.usage(create(UsageSchema, { inputTokens: 3, outputTokens: 4, reasoningTokens: 1, cacheReadTokens: 2 })),
        end,
      ]),
    );
    expect(events.at(-2)?.item).toMatchObject({ status: "incomplete" });
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: {
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        usage: {
          input_tokens: 3,
          input_tokens_details: { cached_tokens: 2 },
          output_tokens: 4,
          output_tokens_details: { reasoning_tokens: 1 },
          total_tokens: 7,
        },
      },
    });
  });

  test("losses, and what the wire cannot say, are told with the end", () => {
    const last = eventsOf(
      wireOf([
        begin,
        chunks.finish(0, { reason: FinishReason.STOP, raw: "stop_sequence", stopSequence: "###" }),
        chunks.finish(1, { reason: FinishReason.STOP, raw: "stop" }),
        chunks.completionEnd({ losses: [{ path: "seed", kind: 1, reason: "No seed." }] }),
      ]),
    ).at(-1)?.response as JsonObject;
    expect(last.parlance).toEqual({
      native_finish_reason: "stop_sequence",
      stop_sequence: "###",
      losses: [
        { path: "seed", kind: "dropped", reason: "No seed." },
        { path: "choices[1]", kind: "dropped", reason: "The wire has one answer only." },
      ],
    });
  });
});

test("trap 154: a stream that is silent says so in a comment, which clients pass over", async () => {
  const encoder = openaiResponses.streamEncoder(context);
  const quiet = encoder.keepAlive();
  const list = [begin, chunks.partStart(0, 0, text), chunks.textDelta(0, 0, "Hi"), chunks.partEnd(0, 0), stop, end];
  const sse = list.map((chunk) => encoder.encode(chunk) + encoder.keepAlive()).join("");
  const { response } = await readBySdk(quiet + sse);
  expect(response.output_text).toBe("Hi");
});

describe("failures", () => {
  test("trap 141: a failure closes what is open and ends with response.failed, never with error alone", async () => {
    const encoder = openaiResponses.streamEncoder(context);
    const begun = [begin, chunks.partStart(0, 0, text), chunks.textDelta(0, 0, "Half")].map((chunk) =>
      encoder.encode(chunk),
    );
    const sse = begun.join("") + encoder.error(new ParlanceError("provider_rate_limited", "Slow down."));
    const events = eventsOf(sse);
    expect(types(events).slice(-4)).toEqual([
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.failed",
    ]);
    expect(events.at(-2)?.item).toMatchObject({ status: "incomplete" });
    const { response } = await readBySdk(sse);
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "rate_limit_exceeded", message: "Slow down." },
      output: [{ type: "message", content: [{ text: "Half" }] }],
    });
    expect(encoder.error(new ParlanceError("internal", "Again."))).toBe("");
  });

  test("a failure before anything was told is a whole stream too", () => {
    const encoder = openaiResponses.streamEncoder(context);
    const events = eventsOf(encoder.error(new ParlanceError("provider_timeout", "Too late.")));
    expect(types(events)).toEqual(["response.created", "response.in_progress", "response.failed"]);
    expect(events[2]).toMatchObject({
      response: {
        id: "resp_req-1",
        model: "asked",
        error: { code: "server_error", parlance: { code: "provider_timeout" } },
      },
    });
  });

  const opened = [begin, chunks.partStart(0, 0, text)];
  const broken: readonly (readonly [string, readonly Chunk[]])[] = [
    ["a delta before the beginning", [chunks.textDelta(0, 0, "a")]],
    ["a second beginning", [begin, begin]],
    ["a delta for a part that never began", [begin, chunks.textDelta(0, 0, "a")]],
    ["a part that skips a number", [begin, chunks.partStart(0, 1, text)]],
    ["a part that begins twice", [...opened, chunks.partStart(0, 0, text)]],
    ["a delta of another kind", [...opened, chunks.toolCallDelta(0, 0, "{}")]],
    ["reasoning for a text", [...opened, chunks.reasoningDelta(0, 0, "a")]],
    ["a delta after the part's end", [...opened, chunks.partEnd(0, 0), chunks.textDelta(0, 0, "a")]],
    ["a second end of a part", [...opened, chunks.partEnd(0, 0), chunks.partEnd(0, 0)]],
    ["a finish before the end of a part", [...opened, stop]],
    ["a part after the finish", [begin, stop, chunks.partStart(0, 0, text)]],
    ["a second finish", [begin, stop, stop]],
    ["an end before the end of a part", [...opened, end]],
    ["anything after the end", [begin, stop, end, end]],
  ];
  test.each(broken)("%s is refused", (_, list) => {
    expect(() => wireOf(list)).toThrow("out of order");
    const last = list.at(-1) as Chunk;
    expect(() => wireOf(list.slice(0, -1))).not.toThrow();
    expect(last.event.case).toBeDefined();
  });
});

/** Any legal stream: parts of every kind, whose deltas come side by side. */
const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 });
const kinds = fc.constantFrom("text", "refusal", "thought", "foreign", "call", "custom", "opaque");
const legal = fc
  .record({
    parts: fc.array(kinds, { maxLength: 6 }),
    deltas: fc.array(fc.tuple(fc.nat(5), word), { maxLength: 30 }),
    sideBySide: fc.boolean(),
    reason: fc.constantFrom(FinishReason.STOP, FinishReason.LENGTH, FinishReason.CONTENT_FILTER, FinishReason.PAUSE),
    input: fc.nat(100_000),
    output: fc.nat(100_000),
  })
  .map(({ parts, deltas, sideBySide, reason, input, output }) => {
    const list: Chunk[] = [begin];
    const tell = (part: number, words: string): void => {
      const kind = parts[part];
      if (kind === "text") list.push(chunks.textDelta(0, part, words));
      else if (kind === "refusal") list.push(chunks.refusalDelta(0, part, words));
      else if (kind === "thought") list.push(chunks.reasoningDelta(0, part, words));
      else if (kind === "foreign") list.push(chunks.reasoningDelta(0, part, words, "sig"));
      else if (kind === "call" || kind === "custom") list.push(chunks.toolCallDelta(0, part, words));
    };
    parts.forEach((kind, part) => {
      list.push(chunks.partStart(0, part, startOf(kind, part)));
      if (sideBySide) return;
      for (const [at, words] of deltas) if (at === part) tell(part, words);
      list.push(chunks.partEnd(0, part));
    });
    if (sideBySide) {
      for (const [at, words] of deltas) if (at < parts.length) tell(at, words);
      parts.forEach((_, part) => list.push(chunks.partEnd(0, part)));
    }
    list.push(
      chunks.finish(0, { reason: endOf(parts, reason), raw: "" }),
      chunks.usage(create(UsageSchema, { inputTokens: input, outputTokens: output })),
      end,
    );
    return list;
  });

function endOf(parts: readonly string[], reason: FinishReason): FinishReason {
  const calls = parts.some((kind) => kind === "call" || kind === "custom");
  return reason === FinishReason.STOP && calls ? FinishReason.TOOL_CALLS : reason;
}

function startOf(kind: string, part: number): PartInit {
  switch (kind) {
    case "text":
      return text;
    case "refusal":
      return refusal;
    case "thought":
      return thought("openai-responses");
    case "foreign":
      return thought("anthropic-messages");
    case "opaque":
      return { kind: { case: "opaque", value: { dialect: "anthropic-messages", value: { type: "x", n: part } } } };
    default:
      return call(`call_${part}`, kind === "custom" ? ToolKind.CUSTOM : ToolKind.FUNCTION);
  }
}

describe("any legal stream", () => {
  test("is the same answer again after the official client has read it, and keeps the grammar", async () => {
    await fc.assert(
      fc.asyncProperty(legal, async (list) => {
        const sse = wireOf(list);
        eventsOf(sse);
        const before = senseOf(fold(list));
        const { response, added } = await readBySdk(sse);
        expect(senseOf(openaiResponses.decodeResponse(JSON.stringify(response)))).toEqual(before);
        expect(senseOf(openaiResponses.decodeResponse(JSON.stringify({ ...response, output: added })))).toEqual(before);
      }),
      { numRuns: 150 },
    );
  });

  test("is the same answer again after our own decoder has read it, however its bytes are cut", () => {
    fc.assert(
      fc.property(legal, fc.array(fc.nat(), { maxLength: 20 }), (list, places) => {
        const bytes = Buffer.from(wireOf(list));
        const whole = readStream([bytes]);
        expect(whole.error).toBeUndefined();
        const cuts = [0, ...places.map((place) => place % bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
        expect(readStream(pieces).chunks).toEqual(whole.chunks);
        const words = (completion: typeof whole.completion) =>
          (completion.choices[0]?.message?.parts ?? []).map(({ kind }) => kind.case);
        expect(words(whole.completion).length).toBe(words(fold(list)).length);
      }),
      { numRuns: 150 },
    );
  });
});
