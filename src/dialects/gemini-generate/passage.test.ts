import { describe, expect, it } from "vitest";
import { event } from "../../../test/support/gemini-requests.js";
import { FinishReason, type JsonObject } from "../../sdk/index.js";
import { gemini } from "./index.js";

describe("a verbatim stream", () => {
  const sse = (...events: JsonObject[]) =>
    Buffer.from(events.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join(""));

  it("passes as it came, and tells usage and finish", () => {
    const passage = gemini.passage(false);
    const usage = { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } };
    const empty = sse(event([{ text: "" }]));
    expect(passage.push(empty)).toBe(empty);
    expect(passage.content).toBe(false);
    for (const one of [sse(event([{ text: "a" }])), sse(event([{ text: "b" }], {}, usage))]) {
      expect(passage.push(one)).toBe(one);
    }
    expect(passage.content).toBe(true);
    expect(passage.finished).toBe(false);
    // Told though the events were not read as they passed: the client may leave here.
    expect(passage.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
    passage.push(sse(event([{ functionCall: { name: "look" } }])));
    passage.push(sse(event([{ text: "" }], { finishReason: "STOP" }, { usageMetadata: { candidatesTokenCount: 9 } })));
    expect(passage.finished).toBe(true);
    expect(passage.finish).toMatchObject({ reason: FinishReason.TOOL_CALLS, raw: "STOP" });
    expect(passage.usage).toMatchObject({ inputTokens: 3, outputTokens: 9 });
  });

  it("is withheld from where an error is told", () => {
    const passage = gemini.passage(false);
    const good = sse(event([{ text: 'the word "error" is "finishReason"' }]));
    const bad = sse({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } });
    expect(passage.push(good)).toEqual(good);
    expect(passage.push(Buffer.concat([good, bad]))).toEqual(good);
    expect(passage.error).toMatchObject({ code: "provider_overloaded", message: "busy" });
  });
});
