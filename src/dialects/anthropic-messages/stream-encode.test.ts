import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { context, eventsOf, readStream, writeStream } from "../../../test/support/anthropic-streams.js";
import {
  type Chunk,
  chunks,
  create,
  FinishReason,
  type JsonObject,
  LossKind,
  LossSchema,
  ParlanceError,
  ToolKind,
  UsageSchema,
  writeSse,
} from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const begin = chunks.completionStart({ id: "x", model: "gpt" });
const text = (part: number) => chunks.partStart(0, part, { kind: { case: "text", value: { text: "" } } });
const thought = (part: number, dialect?: string) =>
  chunks.partStart(0, part, { kind: { case: "reasoning", value: { text: "", ...(dialect && { dialect }) } } });
const call = (part: number, id: string, kind = ToolKind.FUNCTION) =>
  chunks.partStart(0, part, { kind: { case: "toolCall", value: { id, name: "n", arguments: "", kind } } });
const usage = chunks.usage(create(UsageSchema, { inputTokens: 100, cacheReadTokens: 80, outputTokens: 7 }));
const stop = (reason = FinishReason.STOP) => chunks.finish(0, { reason });
const end = chunks.completionEnd();

/** Type, index and content of every event between the start and the end. */
function told(list: readonly Chunk[]): string[] {
  return writeStream([begin, ...list, stop(), end])
    .slice(1, -2)
    .map((event) => {
      const { type, index } = event;
      const block = event.content_block as JsonObject | undefined;
      const delta = event.delta as JsonObject | undefined;
      const words = block?.type ?? delta?.text ?? delta?.thinking ?? delta?.partial_json ?? delta?.signature ?? "";
      return `${String(type).replace("content_block_", "")} ${index} ${String(words)}`.trim();
    });
}

describe("a stream for a caller of this dialect", () => {
  it("trap 57: numbers its blocks from 0 without a gap, one open at a time", () => {
    expect(
      told([
        thought(0),
        chunks.reasoningDelta(0, 0, "hm"),
        chunks.partEnd(0, 0),
        text(1),
        chunks.textDelta(0, 1, "a"),
        call(2, "c"),
        chunks.toolCallDelta(0, 2, "{}"),
        chunks.partEnd(0, 1),
        chunks.partEnd(0, 2),
      ]),
    ).toEqual([
      "start 0 thinking",
      "delta 0 hm",
      "stop 0",
      "start 1 text",
      "delta 1 a",
      "stop 1",
      "start 2 tool_use",
      "delta 2 {}",
      "stop 2",
    ]);
  });

  it("trap 58: reasoning after text opens a new block", () => {
    expect(
      told([
        thought(0),
        chunks.reasoningDelta(0, 0, "a"),
        text(1),
        chunks.textDelta(0, 1, "b"),
        chunks.reasoningDelta(0, 0, "c"),
        chunks.partEnd(0, 0),
        chunks.partEnd(0, 1),
      ]),
    ).toEqual([
      "start 0 thinking",
      "delta 0 a",
      "stop 0",
      "start 1 text",
      "delta 1 b",
      "stop 1",
      "start 2 thinking",
      "delta 2 c",
      "stop 2",
    ]);
  });

  it("trap 59: calls that come interleaved are written one after the other", () => {
    expect(
      told([
        call(0, "c"),
        chunks.toolCallDelta(0, 0, '{"a"'),
        call(1, "d"),
        chunks.toolCallDelta(0, 1, '{"b"'),
        chunks.toolCallDelta(0, 0, ":1}"),
        text(2),
        chunks.textDelta(0, 2, "x"),
        chunks.toolCallDelta(0, 1, ":2}"),
        chunks.partEnd(0, 0),
        chunks.partEnd(0, 1),
        chunks.partEnd(0, 2),
      ]),
    ).toEqual([
      "start 0 tool_use",
      'delta 0 {"a"',
      "delta 0 :1}",
      "stop 0",
      "start 1 tool_use",
      'delta 1 {"b"',
      "delta 1 :2}",
      "stop 1",
      "start 2 text",
      "delta 2 x",
      "stop 2",
    ]);
  });

  it("trap 60: a stream of calls alone begins with a call, and empty texts leave no block", () => {
    expect(
      told([text(0), chunks.textDelta(0, 0, ""), chunks.partEnd(0, 0), call(1, "c"), chunks.partEnd(0, 1)]),
    ).toEqual(["start 0 tool_use", "stop 0"]);
  });

  it("trap 61: trap 62: every event has its name, and message_start comes once, first, with usage", () => {
    const events = writeStream([begin, text(0), chunks.textDelta(0, 0, "a"), chunks.partEnd(0, 0), stop(), usage, end]);
    expect(events.filter(({ type }) => type === "message_start")).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: "message_start",
      message: {
        id: "x",
        model: "gpt",
        role: "assistant",
        content: [],
        stop_reason: null,
        usage: { input_tokens: 0, output_tokens: 0 },
      },
    });
    expect(writeStream([chunks.completionStart({}), stop(), end])[0]).toMatchObject({
      message: { id: "msg_abc", model: "asked" },
    });
  });

  it("trap 63: message_delta waits for the usage and tells all of it", () => {
    const encoder = anthropicMessages.streamEncoder(context);
    expect(encoder.encode(begin)).toContain("message_start");
    expect(encoder.encode(stop())).toBe("");
    expect(encoder.encode(usage)).toBe("");
    const [delta, last] = eventsOf(encoder.encode(end));
    expect(delta).toMatchObject({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 7 },
    });
    expect(last).toEqual({ type: "message_stop" });
    const untold = writeStream([begin, stop(), end]).at(-2);
    expect(untold?.usage).toEqual({ input_tokens: 0, output_tokens: 0 });
  });

  it("trap 64: a call that ends with stop stops by tool_use", () => {
    const events = writeStream([begin, call(0, "c"), chunks.partEnd(0, 0), stop(), end]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: "tool_use" } });
  });

  it("trap 65: a failure is an event of its own, and nothing ends as if all were well", () => {
    const encoder = anthropicMessages.streamEncoder(context);
    encoder.encode(begin);
    expect(encoder.error(new ParlanceError("provider_overloaded", "Busy."))).toBe(
      writeSse(
        JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Busy." }, request_id: "abc" }),
        "error",
      ),
    );
  });

  it("gives back signatures of its own dialect, and others under the gateway's seal", () => {
    const signed = (dialect: string) =>
      told([
        thought(0, dialect),
        chunks.reasoningDelta(0, 0, "hm"),
        chunks.reasoningDelta(0, 0, "", "sig"),
        chunks.partEnd(0, 0),
      ]);
    expect(signed("anthropic-messages")).toEqual(["start 0 thinking", "delta 0 hm", "delta 0 sig", "stop 0"]);
    const sealed = expect.stringMatching(/^delta 0 parlance\.sealed\.part\.v1:/) as string;
    expect(signed("other")).toEqual(["start 0 thinking", "delta 0 hm", sealed, "stop 0"]);
  });

  it("puts the text of a call with free text into JSON, once it is whole", () => {
    expect(
      told([
        call(0, "c", ToolKind.CUSTOM),
        chunks.toolCallDelta(0, 0, 'say "x"'),
        text(1),
        chunks.textDelta(0, 1, "a"),
        chunks.partEnd(0, 0),
        chunks.partEnd(0, 1),
      ]),
    ).toEqual(["start 0 text", "delta 0 a", "stop 0", "start 1 tool_use", 'delta 1 {"input":"say \\"x\\""}', "stop 1"]);
  });

  it("tells losses with message_delta", () => {
    const losses = [create(LossSchema, { path: "seed", kind: LossKind.DROPPED, reason: "No seeds." })];
    const events = writeStream([begin, stop(), chunks.completionEnd({ losses })]);
    expect(events.at(-2)?.parlance).toEqual({ losses: [{ path: "seed", kind: "dropped", reason: "No seeds." }] });
  });

  it("holds every word of every part, however the parts are mixed", () => {
    const kinds = fc.array(fc.constantFrom("text", "thought", "call"), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        kinds,
        fc.array(fc.tuple(fc.nat(4), fc.stringMatching(/^[a-z]{1,3}$/)), { maxLength: 30 }),
        (made, steps) => {
          const list: Chunk[] = [begin];
          const words = made.map(() => "");
          made.forEach((kind, part) => {
            list.push(kind === "text" ? text(part) : kind === "thought" ? thought(part) : call(part, `c${part}`));
          });
          for (const [at, word] of steps) {
            const part = at % made.length;
            words[part] += word;
            const kind = made[part];
            list.push(
              kind === "text"
                ? chunks.textDelta(0, part, word)
                : kind === "thought"
                  ? chunks.reasoningDelta(0, part, word)
                  : chunks.toolCallDelta(0, part, word),
            );
          }
          made.forEach((_, part) => list.push(chunks.partEnd(0, part)));
          const encoder = anthropicMessages.streamEncoder(context);
          const sse = [...list, stop(), end].map((chunk) => encoder.encode(chunk)).join("");
          let index = -1;
          let open = false;
          for (const event of eventsOf(sse).slice(1, -2)) {
            if (event.type === "content_block_start") {
              expect(open).toBe(false);
              open = true;
              index += 1;
            } else if (event.type === "content_block_stop") open = false;
            expect(event.index).toBe(index);
          }
          const { completion, error } = readStream([Buffer.from(sse)]);
          expect(error).toBeUndefined();
          const parts = completion.choices[0]?.message?.parts ?? [];
          made.forEach((kind, part) => {
            if (kind !== "call") return;
            const found = parts.find(({ kind: one }) => one.case === "toolCall" && one.value.id === `c${part}`);
            expect(found?.kind).toMatchObject({ value: { arguments: words[part] || "{}" } });
          });
          const letters = (list_: readonly string[]) => [...list_.join("")].sort().join("");
          const said = (kind: string) => letters(words.filter((_, part) => made[part] === kind));
          const heard = (kind: string) =>
            letters(parts.map(({ kind: one }) => (one.case === kind ? (one.value as { text: string }).text : "")));
          expect(heard("text")).toBe(said("text"));
          expect(heard("reasoning")).toBe(said("thought"));
        },
      ),
      { numRuns: 300 },
    );
  });
});
