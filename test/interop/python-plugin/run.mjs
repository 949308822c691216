// `npm run test:interop`: a plugin written in Python, started by a gateway, answers at every door.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { freePort, startServer } from "../real-model/processes.mjs";
import { grpcSpeaker } from "../real-model/talk-grpc.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sample = fileURLToPath(new URL(".", import.meta.url));
const PACKAGES = ["grpcio==1.76.0", "grpcio-tools==1.76.0", "grpcio-health-checking==1.76.0"];

let failed = 0;
let passed = 0;
const cleanUps = [];

const venv = pythonWithGrpc();
if (venv === undefined) {
  console.log("skipped: no python (3.9 or later, with venv), in which the sample is written");
  // A continuous integration that asks for this run must not be told that it was green.
  process.exit(process.env.CI ? 1 : 0);
}
try {
  await run(venv);
} catch (error) {
  failed += 1;
  console.error(error);
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function run(binaries) {
  const folder = mkdtempSync(path.join(tmpdir(), "parlance-python-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const plugin = path.join(folder, "plugin");
  cpSync(sample, plugin, { recursive: true });
  makeStubs(path.join(binaries, "python"), path.join(plugin, "generated"));
  const config = path.join(folder, "parlance.yaml");
  const lines = [
    `plugins: { paths: ["${plugin}"] }`,
    "providers:",
    "  snake: { plugin: python-sample, settings: { prefix: Sss } }",
    "models: { snake: { targets: [{ provider: snake, model: echo }] } }",
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  const address = `127.0.0.1:${await freePort()}`;
  const main = path.join(root, "dist/main.js");
  const args = [main, "serve", "--config", config, "--host", "127.0.0.1", "--port", address.split(":")[1]];
  // The manifest asks for `python3`: the one that has gRPC.
  process.env.PATH = `${binaries}${path.delimiter}${process.env.PATH}`;
  const parlance = await startServer("Parlance", process.execPath, args, `http://${address}/ready`);
  cleanUps.push(parlance.stop);

  const openai = new OpenAI({ baseURL: `http://${address}/v1`, apiKey: "none", maxRetries: 0 });
  const messages = [{ role: "user", content: "one two three" }];
  await check("answers the openai SDK whole", async () => {
    const { choices, usage } = await openai.chat.completions.create({ model: "snake", messages });
    assert.equal(choices[0].message.content, "Sss one two three");
    assert.equal(choices[0].finish_reason, "stop");
    assert.equal(usage.prompt_tokens, 3);
  });
  await check("streams to the openai SDK", async () => {
    let text = "";
    for await (const { choices } of await openai.chat.completions.create({ model: "snake", messages, stream: true })) {
      text += choices[0]?.delta.content ?? "";
    }
    assert.equal(text, "Sss one two three");
  });
  await check("embeds", async () => {
    const { data } = await openai.embeddings.create({ model: "snake", input: ["ab", "abc"], encoding_format: "float" });
    assert.deepEqual(
      data.map(({ embedding }) => embedding),
      [
        [2, 1],
        [3, 1],
      ],
    );
  });
  await check("tells an error with its code and field", async () => {
    const asked = openai.chat.completions.create({ model: "snake/cobra", messages });
    await assert.rejects(
      asked,
      (error) => error instanceof OpenAI.NotFoundError && /no model "cobra"/.test(error.message),
    );
  });
  await check("answers @grpc/grpc-js", async () => {
    const speaker = grpcSpeaker(address, "snake");
    cleanUps.push(() => speaker.close());
    assert.equal((await speaker.complete(messages)).text, "Sss one two three");
    assert.equal((await speaker.stream(messages)).text, "Sss one two three");
  });
  await check("keeps every promise that it gives, by the conformance kit", async () => {
    const { code, out } = await runParlance("plugin", "test", plugin);
    assert.equal(code, 0, out);
    assert.match(out, / 0 failed, /);
  });
  await check("ends with the gateway", async () => {
    assert.equal(running(plugin), 1);
    assert.equal(await parlance.stop(), 0, parlance.printed());
    assert.equal(running(plugin), 0);
  });
}

/** Runs the command; gives its exit code, and what it printed. */
function runParlance(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, "dist/main.js"), ...args]);
    let out = "";
    child.stdout.on("data", (bytes) => (out += bytes));
    child.stderr.on("data", (bytes) => (out += bytes));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}

/** Processes that run in a folder, as far as the system tells. */
function running(folder) {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false;
    }
  }).length;
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

/** The folder of a Python's programs that has gRPC; undefined where there is no Python. Made once, below node_modules. */
function pythonWithGrpc() {
  const venv = path.join(root, "node_modules", ".cache", "interop-grpc-venv");
  const binaries = path.join(venv, "bin");
  const stamp = path.join(venv, PACKAGES.join("+").replaceAll(/[^\w.+=-]/g, "_"));
  if (existsSync(stamp)) return binaries;
  const python = ["python3", "python"].find(
    (name) => spawnSync(name, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 9))"]).status === 0,
  );
  if (python === undefined) return undefined;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(path.dirname(venv), { recursive: true });
  must(python, ["-m", "venv", venv]);
  must(path.join(binaries, "python"), ["-m", "pip", "install", "--quiet", ...PACKAGES]);
  writeFileSync(stamp, "");
  return binaries;
}

/** What `main.py` imports: the messages of the contract, and its service. */
function makeStubs(python, folder) {
  mkdirSync(folder);
  const proto = path.join(root, "proto");
  const files = [
    "google/rpc/status.proto",
    "parlance/provider/v1/provider_service.proto",
    ...["chat", "completion", "embedding", "error_details", "usage"].map((name) => `parlance/v1/${name}.proto`),
  ];
  must(python, ["-m", "grpc_tools.protoc", "-I", proto, "--python_out", folder, "--grpc_python_out", folder, ...files]);
}

function must(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? stderr.slice(-4000)}`);
}
