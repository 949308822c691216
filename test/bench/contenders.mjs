// Who runs, and how each is started.
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { portkeyProgram } from "./portkey.mjs";
import { start } from "./processes.mjs";

const PARLANCE = new URL("../../dist/main.js", import.meta.url);
const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
/** The flags that `npm start` gives to Node. */
const FLAGS = scripts.start.match(/--max[\w-]+=\d+/g) ?? [];

/** Each gives, from the upstream's address and a folder of its own, a running process with its ports. */
export const contenders = {
  bare: ({ upstream }) => start("bare", new URL("contenders/bare.mjs", import.meta.url), [upstream]),
  fastify: ({ upstream }) => start("fastify", new URL("contenders/fastify.mjs", import.meta.url), [upstream]),
  "grpc-js": () => start("grpc-js", new URL("contenders/grpc-js.mjs", import.meta.url)),
  "connect-node": () => start("connect-node", new URL("contenders/connect-node.mjs", import.meta.url)),
  parlance: (place) => startParlance("parlance", place, plainModels),
  "parlance-routed": (place) => startParlance("parlance-routed", place, routedModels),
  portkey: startPortkey,
};

/** Parlance as its users start it: the built program, its log at the default level (to nowhere: the bench's disk is not measured). */
function startParlance(name, { upstream, folder, dialect }, modelLines) {
  const config = path.join(folder, `${name}-${dialect}.yaml`);
  const baseUrl = dialect === "anthropic" ? upstream : `${upstream}/v1`;
  const yaml = [`providers: { up: { plugin: ${dialect}, base_url: "${baseUrl}", api_key: bench } }`, ...modelLines];
  writeFileSync(config, `${yaml.join("\n")}\n`);
  return start(name, PARLANCE, ["serve", "--config", config, "--port", "0"], {
    flags: FLAGS,
    readPort: (said) => portOf(/serves at http:\/\/[\d.]+:(\d+)/.exec(said)),
  });
}

const plainModels = [
  "models:",
  ...["burst", "paced"].map((name) => `  ${name}: { targets: [{ provider: up, model: ${name}-upstream }] }`),
];

/** What a demanding operator has: five targets by their latency, one of them on a condition, limits, retries, a hedge. */
const routedModels = [
  "resilience:",
  "  retry: { retries: 2, at: each }",
  "  breaker: { failures: 3, failure_percent: 50, slow: 10s }",
  "  concurrency: { max_in_flight: 1000, adaptive: true }",
  "load: { max_in_flight: 10000 }",
  "models:",
  ...["burst", "paced"].flatMap((name) => [
    `  ${name}:`,
    "    strategy: lowest_latency",
    "    hedge: { after: 10s }",
    "    on_cut: fail",
    "    timeout: 1m",
    "    targets:",
    ...[1, 2, 3, 4].map((number) => `      - { provider: up, model: ${name}-upstream-${number}, region: eu }`),
    `      - { provider: up, model: ${name}-upstream-5, when: { max_tokens: 100000, modalities: [text] } }`,
  ]),
];

async function startPortkey() {
  const port = await freePort();
  return start("portkey", portkeyProgram(), [`--port=${port}`, "--headless"], {
    preload: [new URL("contenders/mend-portkey.mjs", import.meta.url).href],
    env: { PORT: String(port), TRUSTED_CUSTOM_HOSTS: "127.0.0.1,localhost" },
    hearsOutput: true,
    readPort: (said) => (/running|ready/i.test(said) ? port : undefined),
  });
}

function portOf(match) {
  return match === null ? undefined : Number(match[1]);
}

/** Portkey does not tell which port it took when asked for any. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
