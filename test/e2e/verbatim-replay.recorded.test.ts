import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k } }
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const all = recordings({ api: ["chat", "compat.chat"] }).filter(({ request }) => request.recorded !== false);
const whole = all.filter(({ response }) => response.body !== undefined && response.status === 200);
const streamed = all.filter(({ response }) => response.sse !== undefined && response.status === 200);
const refused = all.filter(
  ({ response }) => [400, 404, 413, 422].includes(response.status) && response.body !== undefined,
);

describe("a recorded call through the OpenAI door to a provider of the same dialect", () => {
  it("has recordings of every kind", () => {
    expect(whole.length).toBeGreaterThan(50);
    expect(streamed.length).toBeGreaterThan(50);
    expect(refused.length).toBeGreaterThan(5);
  });

  it.each(whole.map((recording) => [recording.file, recording] as const))(
    "comes back byte for byte: %s",
    async (_file, recording) => {
      // Indented, so that a byte that was written anew would show.
      const body = JSON.stringify(recording.response.body, undefined, 1);
      upstream.behave(answerJson(body));
      const response = await send(recording);
      expect(response.status).toBe(200);
      expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
      expect(await response.text()).toBe(body);
      expectSplicedOnly(recording);
    },
  );

  it.each(streamed.map((recording) => [recording.file, recording] as const))(
    "comes back event for event: %s",
    async (_file, recording) => {
      const sse = recording.response.sse as string;
      upstream.behave(answerSse(sse, [1, 3, 977]));
      const response = await send(recording);
      const text = await response.text();
      const asked = (recording.request.body as { stream_options?: { include_usage?: boolean } }).stream_options
        ?.include_usage;
      const failed = eventsOf(sse).some(
        (data) => data.includes('"error"') && (JSON.parse(data) as { error?: unknown }).error,
      );
      // A stream that tells an error is answered with one, in a form of the gateway's own.
      if (failed) {
        expect(text).toContain('"error"');
        return;
      }
      expect(response.status).toBe(200);
      const expected = asked ? eventsOf(sse) : eventsOf(sse).filter((data) => !isUsageOnly(data));
      expect(eventsOf(text)).toEqual(expected);
      if (asked) expectSplicedOnly(recording);
    },
  );

  it.each(refused.map((recording) => [recording.file, recording] as const))(
    "keeps what the provider said of it: %s",
    async (_file, recording) => {
      const body = JSON.stringify(recording.response.body, undefined, 1);
      upstream.behave(answerJson(body, recording.response.status));
      const response = await send(recording);
      const text = await response.text();
      // A 400 that speaks of the gateway's own key is not the caller's.
      if (response.status === 502) expect(text).toContain("error");
      else {
        expect(response.status).toBe(recording.response.status);
        expect(text).toBe(body);
      }
    },
  );
});

function send(recording: Recording): Promise<Response> {
  const body = recording.request.body as Record<string, unknown>;
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, model: `up/${String(body.model ?? "model")}` }),
  });
}

/** The provider saw the caller's bytes with nothing but the model's name changed. */
function expectSplicedOnly(recording: Recording): void {
  const body = recording.request.body as Record<string, unknown>;
  const seen = upstream.seen[upstream.seen.length - 1];
  const { stream_options: own, ...rest } = body;
  const expected = JSON.stringify({ ...body, model: String(body.model ?? "model") });
  if (body.stream !== true || own !== undefined) expect(seen?.body.toString("utf8")).toBe(expected);
  else expect(seen?.json()).toMatchObject(rest);
}

function eventsOf(text: string): string[] {
  const events: string[] = [];
  readSse(text, ({ data }) => events.push(data));
  return events;
}

function isUsageOnly(data: string): boolean {
  if (data === "[DONE]") return false;
  const event = JSON.parse(data) as { choices?: unknown[]; usage?: unknown };
  return event.choices?.length === 0 && Boolean(event.usage);
}
