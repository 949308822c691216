import { describe, expect, it } from "vitest";
import { ChatRequestSchema, create, type MessageInitShape, Role } from "../../sdk/index.js";
import { estimateTokens } from "./estimate-tokens.js";

const user = (text: string) => ({ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text } } }] });
const estimate = (init: MessageInitShape<typeof ChatRequestSchema>): number =>
  estimateTokens(create(ChatRequestSchema, init));

describe("an estimate of tokens", () => {
  it("is a quarter of an English text's letters, and a little for every message", () => {
    expect(estimate({ messages: [user("x".repeat(400))] })).toBe(104);
    expect(estimate({ messages: [user("x".repeat(200)), user("x".repeat(200))] })).toBe(108);
  });

  it("is higher for scripts that take more tokens", () => {
    const english = estimate({ messages: [user("weather ".repeat(50))] });
    expect(estimate({ messages: [user("天气预报今天晴朗".repeat(50))] })).toBeGreaterThan(english * 2);
  });

  it("counts tools, schemas and files, whose sizes clients do not see in their messages", () => {
    const bare = estimate({ messages: [user("Hi")] });
    const schema = { type: "object", properties: { city: { type: "string", description: "Where it is." } } };
    const tools = [{ kind: { case: "function" as const, value: { name: "look", parameters: schema } } }];
    expect(estimate({ messages: [user("Hi")], tools })).toBeGreaterThan(bare + 15);
    const responseFormat = { kind: { case: "jsonSchema" as const, value: { schema } } };
    expect(estimate({ messages: [user("Hi")], responseFormat })).toBeGreaterThan(bare + 15);
    const file = {
      kind: { case: "file" as const, value: { source: { case: "url" as const, value: "https://a.b/c" } } },
    };
    expect(estimate({ messages: [{ role: Role.USER, parts: [file] }] })).toBeGreaterThan(1000);
  });
});
