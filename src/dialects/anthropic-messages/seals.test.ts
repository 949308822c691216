import { describe, expect, test } from "vitest";
import {
  type Chunk,
  ChunkSchema,
  CompletionSchema,
  create,
  FinishReason,
  fold,
  Losses,
  PartSchema,
  Role,
  skim,
  unfold,
} from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const made = create(PartSchema, {
  kind: { case: "reasoning", value: { text: "Hm.", signature: "c2VhbA==", dialect: "gemini", maker: "google" } },
});
const completion = create(CompletionSchema, {
  id: "a",
  model: "m",
  choices: [{ index: 0, message: { role: Role.ASSISTANT, parts: [made] }, finish: { reason: FinishReason.STOP } }],
});
const context = { requestId: "r", model: "m", created: 0, includeUsage: true, legacyFunctions: false };

/** The part, as it comes back in the next request. */
function comesBack(block: unknown): unknown {
  const messages = [{ role: "assistant", content: [block] }];
  const request = anthropicMessages.decodeRequest(JSON.stringify({ model: "m", max_tokens: 9, messages }));
  return request.messages[0]?.parts[0];
}

describe("trap 33: reasoning that another dialect's provider has sealed", () => {
  test("comes back as it was after a whole answer", () => {
    const body = JSON.parse(anthropicMessages.encodeResponse(completion, context)) as { content: unknown[] };
    expect(comesBack(body.content[0])).toEqual(made);
  });

  test("comes back as it was after a stream", () => {
    const encoder = anthropicMessages.streamEncoder(context);
    const wire = unfold(completion)
      .map((chunk) => encoder.encode(create(ChunkSchema, chunk)))
      .join("");
    const decoder = anthropicMessages.streamDecoder();
    const chunks: Chunk[] = [];
    for (const event of wire.trim().split("\n\n")) {
      const [, data = ""] = event.split("\ndata: ");
      decoder.decode({ event: "", data }, chunks);
    }
    const part = fold(chunks).choices[0]?.message?.parts[0]?.kind;
    const value = part?.case === "reasoning" ? part.value : undefined;
    expect(comesBack({ type: "thinking", thinking: value?.text, signature: value?.signature })).toEqual(made);
  });

  test("is cut out of a body that goes to Claude as it came, and every other byte stays", () => {
    const block = { type: "thinking", thinking: "Hm.", signature: "" };
    const body = (content: object[]): Buffer =>
      Buffer.from(
        JSON.stringify({
          model: "m",
          messages: [
            { role: "user", content: "9007199254740993 \u00e9" },
            { role: "assistant", content },
          ],
        }),
      );
    const said = { type: "tool_use", id: "t", name: "n", input: { x: 1 } };
    const losses = new Losses();
    const dirty = body([block, said]);
    const cut = anthropicMessages.seals?.remove(dirty, skim(dirty), false, losses);
    expect(cut?.equals(body([said]))).toBe(true);
    expect(losses.list.map(({ path }) => path)).toEqual(["messages[1].content[0]"]);
    const clean = body([said]);
    expect(anthropicMessages.seals?.remove(clean, skim(clean), true, losses)).toBe(clean);
  });
});
