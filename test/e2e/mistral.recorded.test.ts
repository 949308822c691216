import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { said } from "../support/said.js";

const all = recordings({ provider: "mistral", api: "chat" });
const answered = all.filter(({ request, response }) => response.status === 200 && request.recorded !== false);
const asked = answered.filter(({ request }) => isObject(request.body));
const whole = asked.filter(({ response }) => isObject(response.body));
const streamed = asked.filter(({ response }) => response.sse !== undefined);

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { mistral: { base_url: "${upstream.url}/v1", api_key: k } }
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

async function ask({ request }: Recording): Promise<{ status: number; text: string }> {
  const body = request.body as { model?: string };
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, model: `mistral/${body.model}` }),
  });
  return { status: response.status, text: await response.text() };
}

const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

function objectsIn(sse: string): unknown[] {
  const objects: unknown[] = [];
  readSse(sse, ({ data }) => {
    if (data !== "[DONE]") objects.push(JSON.parse(data));
  });
  return objects;
}

describe("a recorded call of Mistral", () => {
  it("is there for many", () => {
    expect(whole.length).toBeGreaterThan(10);
    expect(streamed.length).toBeGreaterThan(3);
  });

  it.each(named(whole))("goes up as it went, and says what it said: %s", async (_file, recording) => {
    upstream.behave(answerJson(JSON.stringify(recording.response.body)));
    const { status, text } = await ask(recording);
    expect(status).toBe(200);
    expect(said([JSON.parse(text)])).toEqual(said([recording.response.body]));
    const { usage } = JSON.parse(text) as { usage: Record<string, number> };
    expect(usage).toMatchObject({
      prompt_tokens: (recording.response.body as { usage: { prompt_tokens: number } }).usage.prompt_tokens,
    });
    // What was recorded was right for Mistral already: nothing of it may be fitted away.
    const { stream: _, ...sent } = recording.request.body as Record<string, unknown>;
    const seen = upstream.seen.at(-1)?.json() as { messages: { content: unknown }[] };
    // The one server that was recorded with a user right after a tool took it; others do not.
    const messages = seen.messages.filter(({ content }) => content !== "Understood.");
    expect({ ...seen, messages }).toMatchObject(sent);
    expect(upstream.seen.at(-1)?.path).toBe("/v1/chat/completions");
  });

  it.each(named(streamed))("streams what it streamed: %s", async (_file, recording) => {
    const sse = recording.response.sse as string;
    upstream.behave(answerSse(sse, [3, 44, 501]));
    const { status, text } = await ask(recording);
    expect(status).toBe(200);
    expect(said(objectsIn(text))).toEqual(said(objectsIn(sse)));
  });
});
