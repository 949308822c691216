// How long Parlance takes to be ready, beside a Node process that only listens.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const LISTENER = `require("node:http").createServer((_, response) => response.end()).listen(+process.argv[1], "127.0.0.1")`;
const GIVE_UP_MS = 30_000;

/** The name that --only is matched with. */
export const STARTUP = "start-up/fifty-providers";

/** Names of plugins that are there, each configured as often as it takes to make fifty providers. */
const PLUGINS = [
  "openai",
  "anthropic",
  "gemini",
  "mistral",
  "groq",
  "deepseek",
  "openrouter",
  "vllm",
  "cerebras",
  "xai",
];

/**
 * Milliseconds from the start of a process until `/ready` answers, medians of some rounds: of a listener that does
 * nothing, of Parlance as it comes, and of Parlance with fifty configured providers.
 */
export async function measureStartup(folder, rounds) {
  const config = path.join(folder, "fifty.yaml");
  writeFileSync(config, fiftyProviders());
  const empty = path.join(folder, "empty.yaml");
  writeFileSync(empty, "log: { level: error }\nproviders: { simulator: {} }\n");
  const contenders = {
    node: (port) => ["-e", LISTENER, String(port)],
    parlance: (port) => [PROGRAM, "serve", "--config", empty, "--port", String(port)],
    fifty: (port) => [PROGRAM, "serve", "--config", config, "--port", String(port)],
  };
  const slices = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, args] of Object.entries(contenders)) slices[name].push(await timeToReady(args));
  }
  return Object.fromEntries(Object.entries(slices).map(([name, times]) => [name, median(times)]));
}

/** The figures in a few lines. */
export function tellStartup({ node, parlance, fifty }) {
  const over = fifty - node;
  return [
    `${STARTUP} (ms until /ready answers)`,
    `  node, listening and nothing else   ${node.toFixed(0)}`,
    `  parlance, the simulator alone      ${parlance.toFixed(0)}`,
    `  parlance, fifty providers          ${fifty.toFixed(0)}, ${over.toFixed(0)} over node (budget 400)`,
  ].join("\n");
}

function fiftyProviders() {
  const lines = Array.from({ length: 50 }, (_, i) => {
    const plugin = PLUGINS[i % PLUGINS.length];
    return `  p${i}: { plugin: ${plugin}, api_key: k${i}, base_url: "http://127.0.0.1:9/v1" }`;
  });
  const models = Array.from({ length: 50 }, (_, i) => `  m${i}: { targets: [{ provider: p${i}, model: x }] }`);
  return `log: { level: error }\nproviders:\n${lines.join("\n")}\nmodels:\n${models.join("\n")}\n`;
}

async function timeToReady(args) {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, args(port), { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes) => (said += bytes));
  let ended = false;
  child.on("exit", () => (ended = true));
  try {
    for (;;) {
      if (await isReady(port)) return performance.now() - began;
      if (ended || performance.now() - began > GIVE_UP_MS) throw new Error(`it was never ready:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  } finally {
    child.kill("SIGKILL");
  }
}

function isReady(port) {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path: "/ready", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
