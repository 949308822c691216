import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const ANSWER = {
  id: "chat-1",
  object: "chat.completion",
  created: 1,
  model: "{{name}}-1",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello there" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

test("lists its models", async (context) => {
  const gateway = await startGateway(context, "http://127.0.0.1:1");
  const { data } = await (await fetch(`${gateway}/v1/models`)).json();
  assert.ok(data.some(({ id }) => id === "{{name}}/{{name}}-1"));
});

test("asks the vendor with its credential, and answers", async (context) => {
  const vendor = await startVendor(context, (response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(ANSWER));
  });
  const response = await ask(await startGateway(context, vendor.url), { stream: false });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).choices[0].message.content, "Hello there");
  const [request] = vendor.seen;
  assert.equal(request.url, "/chat/completions");
  assert.equal(request.headers.authorization, "Bearer test-key");
  assert.equal(request.body.model, "{{name}}-1");
});

test("answers as a stream", async (context) => {
  const piece = (delta, finish_reason) => ({
    ...ANSWER,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const vendor = await startVendor(context, (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const delta of [{ role: "assistant", content: "Hello" }, { content: " there" }]) {
      response.write(`data: ${JSON.stringify(piece(delta, null))}\n\n`);
    }
    response.end(`data: ${JSON.stringify(piece({}, "stop"))}\n\ndata: [DONE]\n\n`);
  });
  const response = await ask(await startGateway(context, vendor.url), { stream: true });
  const events = [...(await response.text()).matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json));
  assert.equal(events.map((event) => event.choices[0]?.delta.content ?? "").join(""), "Hello there");
});

test("tells the vendor's refusal", async (context) => {
  const vendor = await startVendor(context, (response) => {
    response.writeHead(429, { "content-type": "application/json" }).end('{"error":{"message":"Slow down"}}');
  });
  const response = await ask(await startGateway(context, vendor.url), { stream: false });
  assert.equal(response.status, 429);
  assert.match((await response.json()).error.message, /Slow down/);
});

test("keeps every promise of a provider", async () => {
  const child = spawnParlance(["plugin", "test", packageFolder], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (bytes) => (said += bytes));
  child.stderr.on("data", (bytes) => (said += bytes));
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 0, said);
});

function ask(gateway, { stream }) {
  return fetch(`${gateway}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "{{name}}/{{name}}-1", stream, messages: [{ role: "user", content: "Hello" }] }),
  });
}

/** A server that stands in for the vendor: it keeps what it is asked. */
async function startVendor(context, answer) {
  const seen = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    seen.push({ url: request.url, headers: request.headers, body: JSON.parse(text) });
    answer(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  return { seen, url: `http://127.0.0.1:${server.address().port}` };
}

/** The command that npm finds, or the one that is named by PARLANCE. */
function spawnParlance(args, options) {
  const { PARLANCE } = process.env;
  return PARLANCE === undefined
    ? spawn("parlance", args, { ...options, shell: process.platform === "win32" })
    : spawn(process.execPath, [PARLANCE, ...args], options);
}

/** The gateway with this plugin, in a process of its own. */
async function startGateway(context, baseUrl) {
  const folder = mkdtempSync(join(tmpdir(), "{{package}}-"));
  const file = join(folder, "parlance.json");
  const provider = { base_url: baseUrl, api_key: "test-key" };
  writeFileSync(file, JSON.stringify({ plugins: { paths: [packageFolder] }, providers: { "{{name}}": provider } }));
  const args = ["serve", "--port", "0", "--config", file];
  const child = spawnParlance(args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  context.after(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (bytes) => {
      said += bytes;
      const [, url] = /serves at (\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once("exit", () => reject(new Error(`the gateway ended: ${said}`)));
    child.once("error", (error) => reject(new Error("Install parlance, or name it in PARLANCE.", { cause: error })));
  });
}
