import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { geminiEvents, geminiStream } from "../kits/gemini-wire.js";
import { openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { readJsonArray } from "../support/read-json-array.js";

const script = { text: "one two three", finish: "stop", inputTokens: 5, outputTokens: 3 } as const;

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(
    `
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: k }
`,
    {},
    { keepAliveMs: 20 },
  );
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const stream = (model: string, query = ""): Promise<Response> =>
  fetch(`${gateway.url}/v1beta/models/${model}:streamGenerateContent${query}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Hi" }] }] }),
  });

interface Event {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
  readonly error?: object;
}

const textOf = (events: readonly unknown[]): string =>
  (events as readonly Event[])
    .map(({ candidates }) => candidates?.[0]?.content?.parts?.map(({ text }) => text ?? "").join("") ?? "")
    .join("");

const lanes = [
  { lane: "verbatim", model: "google/b", said: geminiStream(script), end: "\r\n\r\n" },
  { lane: "translated", model: "up/b", said: openAiStream(script), end: "\n\n" },
] as const;

describe.each(lanes)("a $lane stream that is not asked for as events", ({ lane, model, said, end }) => {
  it.each(["", "?alt=json", "?$alt=json;enum-encoding=int"])("is a JSON array, piece by piece: %j", async (query) => {
    upstream.behave(answerSse(said, [9, 1, 70]));
    const response = await stream(model, query);
    expect(response.headers.get("content-type")).toBe("application/json; charset=UTF-8");
    expect(response.headers.get("x-parlance-lane")).toBe(lane);
    const events = readJsonArray(await response.text());
    expect(events.length).toBeGreaterThan(2);
    expect(textOf(events)).toBe("one two three");
    if (lane === "verbatim") expect(events).toEqual(geminiEvents(script));
  });

  it("sends each element before the next is there", async () => {
    let goOn: (() => void) | undefined;
    upstream.behave((_request, response: ServerResponse) => {
      const middle = said.lastIndexOf(end, said.indexOf("two")) + end.length;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(said.slice(0, middle));
      goOn = () => response.end(said.slice(middle));
    });
    let text = "";
    for await (const piece of (await stream(model)).body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(piece).toString("utf8");
      if (goOn !== undefined && text.includes("one")) {
        expect(text).not.toContain("two");
        // Long enough for a keep-alive, which an array has no room for.
        await new Promise((resolve) => setTimeout(resolve, 60));
        goOn();
        goOn = undefined;
      }
    }
    expect(text).not.toContain("keep-alive");
    expect(textOf(readJsonArray(text))).toBe("one two three");
  });

  it("ends with an error as its last element", async () => {
    upstream.behave(answerSse(said.slice(0, said.indexOf("two"))));
    const response = await stream(model);
    expect(response.status).toBe(200);
    const events = readJsonArray(await response.text());
    expect(textOf(events).trim()).toBe("one");
    expect(events.at(-1)).toMatchObject({ error: { code: 502, status: "UNAVAILABLE" } });
  });

  it("is a plain error before its first content", async () => {
    upstream.behave(answerJson({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } }, 503));
    const response = await stream(model);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 503, status: "UNAVAILABLE" } });
  });
});

describe("a translated stream of events that falls silent", () => {
  it("trap 154: tells Google's client with a comment that it lives", async () => {
    const said = openAiStream(script);
    let goOn: (() => void) | undefined;
    upstream.behave((_request, response: ServerResponse) => {
      const middle = said.lastIndexOf("\n\n", said.indexOf("two")) + 2;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(said.slice(0, middle));
      goOn = () => response.end(said.slice(middle));
    });
    const response = await stream("up/b", "?alt=sse");
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    let text = "";
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(piece).toString("utf8");
      if (text.split(": keep-alive\n\n").length > 3) goOn?.();
    }
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as unknown);
    expect(textOf(events)).toBe("one two three");
  });
});
