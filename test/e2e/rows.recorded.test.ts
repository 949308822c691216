import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Row } from "../../src/loader/row.js";
import { isObject, readSse } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { said } from "../support/said.js";

/** Rows by the names that the recordings have for their providers. */
const ROWS: Readonly<Record<string, string>> = {
  alibaba: "dashscope",
  cerebras: "cerebras",
  deepseek: "deepseek",
  groq: "groq",
  huggingface: "huggingface",
  moonshot: "moonshot",
  openrouter: "openrouter",
  together: "together",
  "vercel-gateway": "vercel",
  xai: "xai",
  zai: "zhipu",
};

const rows = new Map(
  (JSON.parse(readFileSync(new URL("../../plugins/compatible/rows.json", import.meta.url), "utf8")) as Row[]).map(
    (row) => [row.name, row],
  ),
);
const all = recordings({ provider: Object.keys(ROWS), api: "chat" }).filter(
  ({ request, response }) => request.recorded !== false && isObject(request.body) && response.status === 200,
);
const whole = all.filter(({ response }) => isObject(response.body));
const streamed = all.filter(({ response }) => response.sse !== undefined);

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
${Object.values(ROWS)
  .map((name) => `  ${name}: { base_url: "${upstream.url}${pathOf(name)}", api_key: k }`)
  .join("\n")}
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

function pathOf(name: string): string {
  return new URL(rows.get(name)?.base_url ?? "").pathname.replace(/\/$/, "");
}

async function ask({ provider, request }: Recording): Promise<{ lane: string | null; text: string }> {
  const body = request.body as { model?: string };
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, model: `${ROWS[provider]}/${body.model}` }),
  });
  expect(response.status).toBe(200);
  return { lane: response.headers.get("x-parlance-lane"), text: await response.text() };
}

function objectsIn(sse: string): unknown[] {
  const objects: unknown[] = [];
  readSse(sse, ({ data }) => {
    if (data !== "[DONE]") objects.push(JSON.parse(data));
  });
  return objects;
}

const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

describe("a recorded call of a row's provider", () => {
  it("is there for many", () => {
    expect(whole.length).toBeGreaterThan(40);
    expect(streamed.length).toBeGreaterThan(20);
    expect(new Set(all.map(({ provider }) => provider)).size).toBeGreaterThan(8);
  });

  it.each(named(whole))("goes where it went, and says what it said: %s", async (_file, recording) => {
    const body = JSON.stringify(recording.response.body, undefined, 1);
    upstream.behave(answerJson(body));
    const { lane, text } = await ask(recording);
    const seen = upstream.seen.at(-1);
    expect(seen?.headers.authorization).toBe("Bearer k");
    const name = ROWS[recording.provider] as string;
    expect(seen?.path).toBe(pathOf(name) + rows.get(name)?.chat.path);
    if (lane === "verbatim") expect(text).toBe(body);
    else expect(said([JSON.parse(text)])).toEqual(said([recording.response.body]));
  });

  it.each(named(streamed))("streams what it streamed: %s", async (_file, recording) => {
    const sse = recording.response.sse as string;
    upstream.behave(answerSse(sse, [2, 31, 613]));
    const { text } = await ask(recording);
    const errors = objectsIn(sse).filter((object) => isObject(object) && object.error !== undefined);
    if (errors.length > 0) expect(text).toContain('"error"');
    else expect(said(objectsIn(text))).toEqual(said(objectsIn(sse)));
  });
});
