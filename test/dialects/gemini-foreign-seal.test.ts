import { describe, expect, it } from "vitest";
import { answering } from "../support/gemini-requests.js";
import {
  ChoiceSchema,
  CompletionSchema,
  create,
  FinishReason,
  Losses,
  readSse,
  Role,
  skim,
  unfold,
} from "../../src/sdk/index.js";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import { gemini } from "../../src/dialects/gemini-generate/index.js";

const content = [
  { type: "thinking", thinking: "Two cities — one each.", signature: "c2lnbmVk" },
  { type: "redacted_thinking", data: "aGlkZGVu" },
  { type: "text", text: "Right." },
  { type: "thinking", thinking: "Now look.", signature: "YWdhaW4=" },
  { type: "tool_use", id: "call_a", name: "look", input: { city: "Oslo" } },
];
const completion = anthropicMessages.decodeResponse(
  JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content,
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }),
);

type Contents = { role: string; parts: Record<string, unknown>[] }[];

/** The answer as a client keeps it: whole, or each event of a stream as a content of its own. */
const kept: Record<string, () => Contents> = {
  whole: () => {
    const { candidates } = JSON.parse(gemini.encodeResponse(completion, answering)) as {
      candidates: { content: Contents[0] }[];
    };
    return candidates.map((candidate) => candidate.content);
  },
  streamed: () => {
    const encoder = gemini.streamEncoder(answering);
    const contents: Contents = [];
    for (const chunk of unfold(completion)) {
      readSse(encoder.encode(chunk), ({ data }) => {
        const event = JSON.parse(data) as { candidates?: { content: Contents[0] }[] };
        contents.push(...(event.candidates ?? []).map((candidate) => candidate.content));
      });
    }
    return contents;
  },
};

const question = { role: "user", parts: [{ text: "Weather?" }] };
const result = {
  role: "user",
  parts: [{ functionResponse: { id: "call_a", name: "look", response: { output: "4" } } }],
};

describe.each(Object.keys(kept))("reasoning that another provider has signed (%s)", (how) => {
  const contents = [question, ...(kept[how]?.() ?? []), result];

  it("is shown as thoughts, and sealed onto what follows them", () => {
    const parts = contents.slice(1, -1).flatMap((one) => one.parts as Record<string, unknown>[]);
    expect(parts.map(({ thought, text }) => (thought === true ? text : "")).join("")).toBe(
      "Two cities — one each.Now look.",
    );
    for (const part of parts) if (part.thought === true) expect(part).not.toHaveProperty("thoughtSignature");
    expect(parts.find(({ text }) => text === "Right.")).toHaveProperty("thoughtSignature");
    expect(parts.find(({ functionCall }) => functionCall !== undefined)).toHaveProperty("thoughtSignature");
  });

  it("comes back to its provider as it was, with nothing lost", () => {
    const losses = new Losses(true);
    const request = gemini.decodeRequest(JSON.stringify({ contents }));
    const target = { model: "claude", stream: false, traits: {}, losses };
    const body = JSON.parse(anthropicMessages.encodeRequest(request, target)) as { messages: { content: unknown[] }[] };
    const assistant = body.messages.slice(1, -1).flatMap((message) => message.content);
    expect(assistant).toEqual(content);
  });

  it("comes back where the client has kept no thoughts", () => {
    const cut = contents
      .map(({ role, parts }) => ({
        role,
        parts: (parts as { thought?: boolean }[]).filter(({ thought }) => thought !== true),
      }))
      .filter(({ parts }) => parts.length > 0);
    const request = gemini.decodeRequest(JSON.stringify({ contents: cut }));
    const target = { model: "claude", stream: false, traits: {}, losses: new Losses(true) };
    expect(anthropicMessages.encodeRequest(request, target)).toContain('"signature":"c2lnbmVk"');
  });

  it("never reaches a target of this wire, which refuses a false seal", () => {
    const body = Buffer.from(JSON.stringify({ contents, x: "cGFybGFuY2U6" }));
    const spliced = gemini.spliceRequest(body, skim(body), { model: "b", stream: false }).toString();
    const sent = JSON.parse(spliced) as { contents: Contents; x: string };
    const seals = sent.contents.flatMap(({ parts }) => parts.flatMap((part) => part.thoughtSignature ?? []));
    expect(seals).toEqual(seals.map(() => "skip_thought_signature_validator"));
    expect(seals.length).toBeGreaterThanOrEqual(3);
    expect(sent.x).toBe("cGFybGFuY2U6");
  });
});

describe("a seal", () => {
  it.each(["cGFybGFuY2U6", "cGFybGFuY2U6bm90IEpTT04=", "cGFybGFuY2U6e30=", "b3RoZXI="])(
    "that is not ours stays what it is: %s",
    (seal) => {
      const contents = [question, { role: "model", parts: [{ text: "a", thoughtSignature: seal }] }];
      const [, message] = gemini.decodeRequest(JSON.stringify({ contents })).messages;
      expect(message?.parts[0]?.kind.value).toMatchObject({ signature: seal, dialect: "gemini" });
    },
  );

  it("is not made where there is nothing signed", () => {
    const plain = create(CompletionSchema, {
      choices: [
        create(ChoiceSchema, {
          message: {
            role: Role.ASSISTANT,
            parts: [
              { kind: { case: "reasoning", value: { text: "hm", dialect: "openai-chat" } } },
              { kind: { case: "text", value: { text: "a" } } },
            ],
          },
          finish: { reason: FinishReason.STOP },
        }),
      ],
    });
    expect(gemini.encodeResponse(plain, answering)).not.toContain("thoughtSignature");
  });
});
