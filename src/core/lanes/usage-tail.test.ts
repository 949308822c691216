import { describe, expect, it } from "vitest";
import { create, type Usage, UsageSchema } from "../../sdk/index.js";
import { UsageTail } from "./usage-tail.js";

const read = (text: string, size = text.length): Usage | undefined => {
  const tail = new UsageTail((usage) =>
    typeof usage.input === "number" ? create(UsageSchema, { inputTokens: usage.input }) : undefined,
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) tail.push(bytes.subarray(at, at + size));
  return tail.usage();
};

describe("the usage at the end of an answer", () => {
  it("is found in a body and in the last event that tells one, however they are cut", () => {
    const body = `{"data":"${"x".repeat(200_000)}","usage" : {"input": 3, "details":{"a":"}"}},"metadata":{}}`;
    const events = `data: {"usage":{"input":1}}\n\ndata: {"r":{"usage":{"input":2}}}\n\ndata: [DONE]\n\n`;
    for (const size of [1, 7, 1000, 300_000]) {
      expect(read(body, size)?.inputTokens).toBe(3);
      expect(read(events, size)?.inputTokens).toBe(2);
    }
  });

  it.each([
    ["", undefined],
    ['{"usage":null}', undefined],
    ['{"usage":{"input":1', undefined],
    ['{"text":"\\"usage\\": {\\"input\\": 9}"}', undefined],
    ['{"usage":{"input":1},"x":{"usage":{"seconds":2}}}', 1],
    ['{"usage":{"input":4},"note":"usage"}', 4],
  ])("of %s is %s", (text, tokens) => {
    expect(read(text)?.inputTokens).toBe(tokens);
  });
});
