import { describe, expect, it } from "vitest";
import type { ErrorDialect, Wire } from "../../sdk/index.js";
import { chatEndpoint, countPath, isVerbatim } from "./chat-endpoint.js";

const dialect = (name: string): ErrorDialect => ({ name }) as ErrorDialect;
const wire: Wire = {
  baseUrl: "http://localhost",
  headers: {},
  chat: { dialect: "main", path: "/main" },
  otherChats: [{ dialect: "other", path: "/other", tokenCountPath: "/other/count" }],
  tokenCount: { path: "/main/count" },
};

describe("a server that speaks several dialects", () => {
  it.each([
    ["main", "/main", "/main/count", true],
    ["other", "/other", "/other/count", true],
    ["a third", "/main", "/main/count", false],
  ])("is told a caller of %s at %s", (name, path, count, verbatim) => {
    const endpoint = chatEndpoint(wire, dialect(name));
    expect(endpoint?.path).toBe(path);
    expect(countPath(wire, endpoint)).toBe(count);
    expect(isVerbatim(wire, dialect(name))).toBe(verbatim);
  });

  it("is told in its main one what came in the vocabulary", () => {
    expect(chatEndpoint(wire, undefined)?.path).toBe("/main");
    expect(isVerbatim(wire, undefined)).toBe(false);
  });

  it("may speak none", () => {
    const none: Wire = { baseUrl: "http://localhost", headers: {} };
    expect(chatEndpoint(none, dialect("main"))).toBeUndefined();
    expect(countPath(none, undefined)).toBeUndefined();
    expect(isVerbatim(undefined, dialect("main"))).toBe(false);
  });
});
