// What hedging does to the slowest answers, over real connections: `node test/bench/hedging.mjs [requests] [port]`.
// Two providers of which each call takes 40 to 60 ms, but for one in twenty, which takes twenty times that.
import { createServer, request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { endAll, start } from "./processes.mjs";

const REQUESTS = Number(process.argv[2] ?? 3000);
const PORT = Number(process.argv[3] ?? 18_480);
const EVERY_MS = 4;
const QUICK_MS = 50;
const SLOW_TIMES = 20;
const SLOW_SHARE = 0.05;
const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const EVENTS = ["one ", "two ", "three"].map((content) => event({ choices: [{ index: 0, delta: { content } }] }));
const LAST =
  event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) +
  event({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 3, total_tokens: 103 } }) +
  "data: [DONE]\n\n";

const counts = { calls: 0 };
/** When a request was answered, by its number, and how many milliseconds later its other call was hung up on. */
const answered = new Map();
const hungUp = [];
let number = 0;
const upstreams = await Promise.all([provider(), provider()]);
const folder = mkdtempSync(path.join(tmpdir(), "hedging-"));
const config = path.join(folder, "hedging.yaml");
writeFileSync(config, configuration());
const rows = [];
try {
  await start("parlance", PROGRAM, ["serve", "--config", config], {
    metered: false,
    hearsOutput: true,
    readPort: (said) => (said.includes(String(PORT)) ? PORT : undefined),
  });
  for (const model of ["alone", "after-100ms", "own-p95", "after-100ms-at-3-percent"]) rows.push(await measure(model));
} finally {
  endAll();
  for (const server of upstreams) server.close();
  rmSync(folder, { recursive: true });
}
console.table(Object.fromEntries(rows.map(({ model, ...figures }) => [model, figures])));

/** Asks a request every few milliseconds, whether or not those before have been answered. */
async function measure(model) {
  const before = counts.calls;
  hungUp.length = 0;
  const waits = [];
  const asking = [];
  for (let i = 0; i < REQUESTS; i += 1) {
    asking.push(ask(model).then((ms) => waits.push(ms)));
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await Promise.all(asking);
  waits.sort((a, b) => a - b);
  hungUp.sort((a, b) => a - b);
  const among = (numbers, share) => numbers[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];
  const at = (share) => Math.round(among(waits, share));
  const calls = counts.calls - before;
  return {
    model,
    "p50 ms": at(0.5),
    "p95 ms": at(0.95),
    "p99 ms": at(0.99),
    "max ms": at(1),
    "extra calls %": Number(((100 * (calls - REQUESTS)) / REQUESTS).toFixed(1)),
    "hung up on": hungUp.length,
    "p50 after ms": hungUp.length === 0 ? "" : Number(among(hungUp, 0.5).toFixed(1)),
    "p99 after ms": hungUp.length === 0 ? "" : Number(among(hungUp, 0.99).toFixed(1)),
  };
}

/** Milliseconds to the first content of a streamed answer. */
function ask(model) {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: `number ${number++}` }] });
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const call = request(
      { port: PORT, path: "/v1/chat/completions", method: "POST", headers: { "content-type": "application/json" } },
      (response) => {
        let first;
        response.on("data", () => (first ??= performance.now() - began));
        response.on("end", () => (response.statusCode === 200 ? resolve(first) : reject(new Error("not answered"))));
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

async function provider() {
  const server = createServer((incoming, response) => {
    let text = "";
    incoming.on("data", (bytes) => (text += bytes));
    counts.calls += 1;
    const which = () => /number \d+/.exec(text)?.[0];
    response.on("close", () => {
      if (!response.writableEnded) hungUp.push(performance.now() - answered.get(which()));
    });
    const times = Math.random() < SLOW_SHARE ? SLOW_TIMES : 1;
    setTimeout(
      () => {
        if (response.destroyed) return;
        answered.set(which(), performance.now());
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(EVENTS.join("") + LAST);
      },
      times * QUICK_MS * (0.8 + 0.4 * Math.random()),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function event(value) {
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", ...value })}\n\n`;
}

function configuration() {
  const targets = "[{ provider: a, model: m }, { provider: b, model: m, priority: 1 }]";
  return `
server: { port: ${PORT} }
log: { level: warn }
providers:
${upstreams.map((server, i) => `  ${"ab"[i]}: { plugin: openai, base_url: "http://127.0.0.1:${server.address().port}/v1" }`).join("\n")}
models:
  alone: { targets: ${targets} }
  after-100ms: { hedge: { after: 100ms }, targets: ${targets} }
  own-p95: { hedge: {}, targets: ${targets} }
  after-100ms-at-3-percent: { hedge: { after: 100ms, max_percent: 3 }, targets: ${targets} }
`;
}
