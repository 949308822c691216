import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openAiAnswer } from "../kits/openai-wire.js";
import { buildProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

const MB = 1024 * 1024;
const LIMIT_MB = 180;
const WAVE = 100;
const MOST_WAVES = 60;

const answer = answerJson(openAiAnswer({ text: "At last.", finish: "stop", inputTokens: 1, outputTokens: 1 }));
const held: (() => void)[] = [];
let holds = true;
let upstream: TestUpstream;
let serving: Serving;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  buildProgram();
  upstream = await startUpstream((seen, response) => {
    upstream.seen.length = 0;
    const release = (): void => void answer(seen, response);
    if (holds) held.push(release);
    else release();
  });
  serving = await startServing(`
load: { max_memory: ${LIMIT_MB} }
providers: { a: { plugin: openai, base_url: "${upstream.url}/v1" } }
models: { m: { targets: [ { provider: a, model: x } ] } }
`);
}, 60_000);

afterAll(async () => {
  agent.destroy();
  await serving.remove();
  await upstream.close();
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** Asks with 100 KB of prompt. */
function ask(): Promise<Answer> {
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(100_000) }] });
  return new Promise((resolve, reject) => {
    const asking = request(
      `${serving.url}/v1/chat/completions`,
      { agent, method: "POST", headers: { "content-type": "application/json", "content-length": body.length } },
      (answered) => {
        answered.resume();
        answered.on("error", reject);
        answered.on("end", () =>
          resolve({ status: answered.statusCode ?? 0, retryAfter: answered.headers["retry-after"] }),
        );
      },
    );
    asking.on("error", reject);
    asking.end(body);
  });
}

const statusOf = async (path: string): Promise<number> => (await fetch(`${serving.url}${path}`)).status;

function residentMb(): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${serving.pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

it("sheds a flood of large bodies before its memory is full, ends what runs, and answers again afterwards", async () => {
  const all: Promise<Answer>[] = [];
  let refused = 0;
  for (let wave = 0; wave < MOST_WAVES && refused === 0; wave += 1) {
    for (let i = 0; i < WAVE; i += 1) {
      const asked = ask();
      all.push(asked);
      void asked.then(({ status }) => {
        if (status === 503) refused += 1;
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  expect(refused).toBeGreaterThan(0);
  // A flood that goes on costs little: nothing of it is read.
  const flood = await Promise.all(Array.from({ length: 300 }, ask));
  expect(flood.every(({ status, retryAfter }) => status === 503 && retryAfter === "1")).toBe(true);
  expect(await statusOf("/health")).toBe(200);
  expect(await statusOf("/ready")).toBe(200);
  expect(await statusOf("/v1/models")).toBe(200);
  expect(residentMb()).toBeLessThan(LIMIT_MB * 2);

  holds = false;
  for (const release of held.splice(0)) release();
  const answers = await Promise.all(all);
  expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
  const answered = answers.filter(({ status }) => status === 200).length;
  expect(answered * 100_000).toBeGreaterThan(30 * MB);

  let again = await ask();
  for (let i = 0; i < 200 && again.status !== 200; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    again = await ask();
  }
  expect(again.status).toBe(200);
  const changes = (): unknown[] =>
    serving.records().flatMap(({ msg }) => (msg === "overloaded" || msg === "load over" ? [msg] : []));
  // Lines of the log come in batches.
  await vi.waitFor(() => expect(changes()).toEqual(["overloaded", "load over"]), 10_000);
}, 120_000);
