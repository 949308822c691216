import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { context, readStream } from "../../../test/support/anthropic-streams.js";
import { recordings } from "../../../test/recordings.js";
import type { Completion } from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const streams = recordings({ provider: ["anthropic", "localhost-compat"], api: "messages" }).filter(
  ({ response }) => response.status === 200 && response.sse !== undefined && !/^event: error/m.test(response.sse),
);

/** What Anthropic's own client makes of a stream. */
async function readBySdk(sse: string): Promise<Anthropic.Message> {
  const client = new Anthropic({
    apiKey: "none",
    maxRetries: 0,
    fetch: async () => new Response(sse, { headers: { "content-type": "text/event-stream" } }),
  });
  return client.messages
    .stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] })
    .finalMessage();
}

const textOf = (completion: Completion): string =>
  (completion.choices[0]?.message?.parts ?? [])
    .map(({ kind }) => (kind.case === "text" ? kind.value.text : ""))
    .join("");

describe("streams that the encoder writes", () => {
  test("are read from many recordings", () => {
    expect(streams.length).toBeGreaterThan(60);
  });

  test.each(streams.map((recording) => [`${recording.id} ${recording.scenario}`, recording] as const))(
    "%s is read by the official client",
    async (_, { response }) => {
      const { chunks, completion } = readStream([Buffer.from(response.sse as string)]);
      const encoder = anthropicMessages.streamEncoder(context);
      const message = await readBySdk(chunks.map((chunk) => encoder.encode(chunk)).join(""));
      expect(message.content.map((block) => (block.type === "text" ? block.text : "")).join("")).toBe(
        textOf(completion),
      );
      const calls = (completion.choices[0]?.message?.parts ?? []).flatMap(({ kind }) =>
        kind.case === "toolCall" ? [{ id: kind.value.id, input: JSON.parse(kind.value.arguments) as unknown }] : [],
      );
      expect(
        message.content.flatMap((block) => (block.type === "tool_use" ? [{ id: block.id, input: block.input }] : [])),
      ).toEqual(calls);
      expect(message.stop_reason).toBe(completion.choices[0]?.finish?.raw);
      expect(message.usage.output_tokens).toBe(completion.usage?.outputTokens);
    },
  );
});
