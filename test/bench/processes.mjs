// The processes of a run: started, asked over their channel, and ended whatever happens.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const START_MS = 30_000;
const METER = new URL("meter.mjs", import.meta.url).href;
const children = new Set();

// By handle, and at once: nothing of a bench is worth an orderly end.
process.on("exit", endAll);

/** Ends every process that is still there. */
export function endAll() {
  for (const child of children) child.kill("SIGKILL");
}

/**
 * Starts a Node program, and waits until it tells its ports: by a message, or in what `readPort` reads of its output.
 * `metered` ones answer the questions of meter.mjs; `preload` names further modules to import first, `flags` are Node's own. Standard output is dropped unless `hearsOutput`.
 */
export async function start(name, program, args = [], options = {}) {
  const { env = {}, flags = [], metered = true, preload = [], readPort, hearsOutput = false } = options;
  const file = program instanceof URL ? fileURLToPath(program) : program;
  const imports = [...(metered ? [METER] : []), ...preload].flatMap((url) => ["--import", url]);
  const child = spawn(process.execPath, [...flags, ...imports, file, ...args], {
    stdio: ["ignore", hearsOutput ? "pipe" : "ignore", "pipe", "ipc"],
    env: { ...process.env, NODE_ENV: "production", ...env },
  });
  children.add(child);
  let said = "";
  let ended = false;
  let next = 0;
  const waiting = new Map();
  let isReady;
  let isGone;
  const ready = new Promise((resolve, reject) => {
    isReady = resolve;
    isGone = reject;
  });
  const hear = (bytes) => {
    said = (said + bytes).slice(-8000);
    const port = readPort?.(said);
    if (port !== undefined) isReady({ h1: port, h2: port });
  };
  child.stderr.on("data", hear);
  child.stdout?.on("data", hear);
  child.on("error", (error) => isGone(error));
  child.on("exit", (code, signal) => {
    ended = true;
    children.delete(child);
    const error = new Error(`${name} ended (${signal ?? code}):\n${said}`);
    isGone(error);
    for (const { reject } of waiting.values()) reject(error);
  });
  child.on("message", ({ ready: ports, id, value, error }) => {
    if (ports !== undefined) isReady(ports);
    const asked = waiting.get(id);
    if (asked === undefined) return;
    waiting.delete(id);
    if (error === undefined) asked.resolve(value);
    else asked.reject(new Error(error));
  });
  const timer = setTimeout(() => isGone(new Error(`${name} did not start:\n${said}`)), START_MS);
  const ports = await ready.finally(() => clearTimeout(timer));
  return {
    name,
    ports,
    ask(question, more = {}) {
      return new Promise((resolve, reject) => {
        if (ended) {
          reject(new Error(`${name} has ended:\n${said}`));
          return;
        }
        next += 1;
        waiting.set(next, { resolve, reject });
        child.send({ ask: question, id: next, ...more });
      });
    },
    stop() {
      if (ended) return Promise.resolve();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      return gone;
    },
  };
}
