import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CHECKS, toRecording } from "../../src/sdk/testing/index.js";

const page = readFileSync(fileURLToPath(new URL("../../docs/conformance.md", import.meta.url)), "utf8");

describe("docs/conformance.md", () => {
  it("tells every check with its promise, in their order", () => {
    const told = [...page.matchAll(/^\| `([a-z-]+)` \| (.+\.) \|$/gm)].map(([, name, promise]) => [name, promise]);
    expect(told).toEqual(CHECKS.map(({ name, promise }) => [name, promise]));
  });

  it("shows a recording that can be read", () => {
    const [, json = ""] = /```json\n(\{\n {2}"ask"[\s\S]+?)```/.exec(page) ?? [];
    const { ask, answer, expect: wanted, pair } = toRecording("example", JSON.parse(json));
    expect(ask).toMatchObject({ operation: "complete", model: "acme-1", stream: true });
    expect(answer).toMatchObject({ status: 200, cut: "ndjson", headers: { "content-type": "application/x-ndjson" } });
    expect(wanted).toMatchObject({ text: "Quite well.", finish: "stop" });
    expect(pair).toBe("well");
  });
});

describe("a recording", () => {
  it.each([
    [{}, '"ask" must be an object'],
    [{ ask: { model: 1 }, response: { body: {} } }, '"ask.model" must be the name of a model'],
    [{ ask: { model: "m", operation: "sing" }, response: { body: {} } }, '"ask.operation" must be complete'],
    [{ ask: { model: "m", chat: {} }, response: {} }, '"response" must have one of body'],
    [{ ask: { model: "m", chat: {} }, response: { body: {} }, expect: { txt: "" } }, '"expect.txt" is not known'],
  ])("that is none is refused by the member at fault: %j", (json, message) => {
    expect(() => toRecording("r", json)).toThrow(message);
  });
});
