// Runs a plugin's module as a service, in a thread or in a process of its own.
import { rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { ServeOptions } from "../../sdk/serve-options.js";
import type { ProviderPlugin } from "../../sdk/index.js";
import { loadPlugin } from "../load.js";
import type { MemoryMessage } from "./messages.js";
import { type RunnerTask, SOCKET_DIRECTORY } from "./runner.js";
import { serveMessages } from "./serve-messages.js";

/** The plugin may hold on to what never answers; the process ends without it. */
const CLOSE_WITHIN_MS = 2000;
const MEMORY_EVERY_MS = 250;

const task = isMainThread ? (JSON.parse(process.argv[2] ?? "{}") as RunnerTask) : (workerData as RunnerTask);
const {
  PARLANCE_PLUGIN_SOCKET: socket = "",
  PARLANCE_PLUGIN_TOKEN: token,
  PARLANCE_PLUGIN_MAX_MESSAGE_BYTES: limit,
} = process.env;
let close = (): Promise<void> => Promise.resolve();
if (isMainThread) {
  // Before the plugin's code runs: a gateway that was killed says no more than this.
  process.stdin.on("error", end).on("end", end).on("close", end).resume();
  process.on("SIGTERM", end);
}
// Read beside the plugin's own files: a start is what calls wait for.
const serving = parentPort === null ? import("../../sdk/serve.js") : undefined;
try {
  const plugin = await findPlugin();
  const options: ServeOptions = {
    ...task,
    socket,
    token,
    maxMessageBytes: limit === undefined ? undefined : Number(limit),
    async dialects() {
      const { chatDialects, embeddingDialects } = await import("../../dialects/index.js");
      return { chat: chatDialects, embeddings: embeddingDialects };
    },
  };
  if (parentPort !== null) {
    serveMessages(plugin, options, parentPort);
    tellMemory(parentPort);
  }
  if (serving !== undefined) {
    const { servePlugin } = await serving;
    const served = await servePlugin(plugin, options);
    close = () => served.close();
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`, () => process.exit(1));
}

/** A plugin without a module is data in its package. */
async function findPlugin(): Promise<ProviderPlugin> {
  if (task.entry !== undefined) return loadPlugin(task.entry);
  const { readPlugins } = await import("../rows.js");
  const found = (await readPlugins(task.directory)).find(({ name }) => name === task.name);
  if (found?.manifest?.plugin === undefined) throw new Error(`There is no plugin "${task.name}" in ${task.directory}.`);
  return found.manifest.plugin;
}

/** Buffers are outside of what Node limits in a thread, and only the thread can tell what it holds of them. */
function tellMemory(port: MessagePort): void {
  setInterval(() => {
    const { heapUsed, external } = process.memoryUsage();
    const message: MemoryMessage = { memoryBytes: heapUsed + external };
    port.postMessage(message);
  }, MEMORY_EVERY_MS).unref();
}

function end(): void {
  setTimeout(exit, CLOSE_WITHIN_MS).unref();
  void close().finally(exit);
}

/** A gateway that was killed cannot remove the directory that it made for the socket. */
function exit(): never {
  const directory = dirname(socket);
  if (basename(directory).startsWith(SOCKET_DIRECTORY)) rmSync(directory, { recursive: true, force: true });
  process.exit(0);
}
