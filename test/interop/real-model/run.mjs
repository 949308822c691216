// `npm run test:interop`: a streamed conversation with a real language model, through Parlance.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, startServer } from "./processes.mjs";
import { pythonWorld } from "./python-world.mjs";
import { grpcSpeaker } from "./talk-grpc.mjs";
import { openAiSpeaker } from "./talk-openai.mjs";

const QUESTIONS = ["My name is Ada. What is the capital of France?", "And which river runs through it?"];
const FINISHES = ["stop", "length", "FINISH_REASON_STOP", "FINISH_REASON_LENGTH"];
const main = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));

let passed = 0;
let failed = 0;
const cleanUps = [];

const world = pythonWorld();
if (world === undefined) {
  console.log("skipped: no python (3.9 or later, with venv), which serves the real model");
  // A continuous integration that asks for this run must not be told that it was green.
  process.exit(process.env.CI ? 1 : 0);
}
try {
  await run(world);
} catch (error) {
  failed += 1;
  console.error(error);
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function run({ python, weights }) {
  const modelPort = await freePort();
  const modelUrl = `http://127.0.0.1:${modelPort}/v1`;
  const llama = ["-m", "llama_cpp.server", "--model", weights, "--host", "127.0.0.1", "--port", String(modelPort)];
  const model = await startServer("llama.cpp", python, llama, `${modelUrl}/models`, 120);
  cleanUps.push(model.stop);
  console.log(`llama.cpp serves ${path.basename(weights)} at ${modelUrl}`);
  await hold("asked directly, openai SDK", openAiSpeaker(modelUrl, "smol"));
  if (process.argv.includes("--model-only")) return;

  const { address, parlance } = await startParlance(modelUrl);
  console.log(`\nParlance serves it at ${address}`);
  await hold("through Parlance, openai SDK", openAiSpeaker(`http://${address}/v1`, "smol"));
  await hold("through Parlance, provider/model, openai SDK", openAiSpeaker(`http://${address}/v1`, "local/smollm2"));
  await hold("through Parlance, @grpc/grpc-js", grpcSpeaker(address, "smol"));
  await check("Parlance ends with 0 after SIGTERM", async () =>
    assert.equal(await parlance.stop(), 0, parlance.printed()),
  );
}

async function startParlance(modelUrl) {
  const folder = mkdtempSync(path.join(tmpdir(), "parlance-interop-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const config = path.join(folder, "parlance.yaml");
  const yaml = [
    "providers:",
    `  local: { plugin: openai, base_url: "${modelUrl}", api_key: none }`,
    "models:",
    "  smol:",
    "    targets:",
    "      - { provider: local, model: smollm2 }",
  ];
  writeFileSync(config, `${yaml.join("\n")}\n`);
  const address = `127.0.0.1:${await freePort()}`;
  const args = [main, "serve", "--config", config, "--host", "127.0.0.1", "--port", address.split(":")[1]];
  const parlance = await startServer("Parlance", process.execPath, args, `http://${address}/ready`);
  cleanUps.push(parlance.stop);
  return { address, parlance };
}

/** Two streamed turns, and the second once more in one piece, for the token counts that every server tells there. */
async function hold(title, speaker) {
  console.log(`\n== ${title}`);
  cleanUps.push(() => speaker.close());
  const messages = [];
  for (const question of QUESTIONS) {
    messages.push({ role: "user", content: question });
    await check(`turn ${(messages.length + 1) / 2} streams real text`, async () => {
      const told = await speaker.stream(messages);
      print(question, told);
      messages.push({ role: "assistant", content: told.text });
      assert.ok(told.text.trim().split(/\s+/).length >= 3, `too few words: ${JSON.stringify(told.text)}`);
      assert.ok(told.pieces > 2, `it came in ${told.pieces} pieces`);
      assert.ok(FINISHES.includes(told.finish), `finish: ${told.finish}`);
      assert.ok(told.firstMs < told.totalMs, "the first piece came with the last");
      if (told.usage !== undefined) assertUsage(told.usage);
    });
  }
  await check("the whole answer has a finish and usage", async () => {
    const first = await speaker.complete(messages.slice(0, 1));
    const second = await speaker.complete(messages.slice(0, 3));
    assert.ok(second.text.trim().length > 0);
    assert.ok(FINISHES.includes(second.finish), `finish: ${second.finish}`);
    assertUsage(first.usage);
    assertUsage(second.usage);
    assert.ok(second.usage.input > first.usage.input, "the conversation's past did not reach the model");
    console.log(`  (usage of turn 2: ${second.usage.input} in, ${second.usage.output} out)`);
  });
}

function assertUsage({ input, output }) {
  assert.ok(input > 0 && output > 0 && output <= 48, `usage: ${input} in, ${output} out`);
}

function print(question, { text, pieces, finish, usage, firstMs, totalMs }) {
  console.log(`  user: ${question}\n  model: ${text.trim().replaceAll("\n", " ")}`);
  const tokens = usage === undefined ? "usage not told" : `${usage.input} in, ${usage.output} out`;
  const times = `first ${Math.round(firstMs ?? Number.NaN)} ms, all ${Math.round(totalMs)} ms`;
  console.log(`  (${pieces} pieces, ${finish}, ${tokens}, ${times})`);
}

async function check(title, assertions) {
  try {
    await assertions();
    passed += 1;
    console.log(`  passed: ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`  FAILED: ${title}: ${error.message}`);
  }
}
