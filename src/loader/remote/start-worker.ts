import { Worker } from "node:worker_threads";
import { isObject } from "../../sdk/index.js";
import type { Carrier } from "./carrier.js";
import type { PrintedLines } from "./log-lines.js";
import { RUNNER, type RunnerTask } from "./runner.js";

/** What is started as a thread. */
export interface WorkerTask {
  readonly task: RunnerTask;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryLimitMb: number;
  readonly lines: PrintedLines;
}

/**
 * Starts a plugin in a thread of its own. An endless loop in it is ended with it. Its limit of memory holds for what
 * JavaScript allocates at any time; for buffers, which are the process's, as often as the thread comes to tell of them.
 *
 * It is asked by messages of the same service, not over a socket: Node's HTTP/2 ends the whole process when the memory of
 * a thread that serves it runs out (`Http2Session::OnDataChunkReceived`, seen with 20.20).
 */
export function startWorker({ task, environment, memoryLimitMb, lines }: WorkerTask): Carrier {
  const worker = new Worker(RUNNER, {
    workerData: task,
    env: environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb },
  });
  lines.take(worker.stdout, "stdout");
  lines.take(worker.stderr, "stderr");
  const ended = new Promise<string>((resolve) => {
    worker.once("error", (error: NodeJS.ErrnoException) => {
      const heap = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      resolve(
        heap
          ? `It needed more memory than its limit of ${memoryLimitMb} MiB (supervision.memory_limit).`
          : `It ended by an error: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    worker.once("exit", (code) => {
      const last = lines.lastError();
      resolve(`It ended with exit code ${code}.${last === "" ? "" : ` Its last words: ${last}`}`);
    });
  });
  const listening = new Promise<void>((resolve) => worker.once("message", () => resolve()));
  let memoryBytes: number | undefined;
  worker.on("message", (message: unknown) => {
    if (isObject(message) && typeof message.memoryBytes === "number") memoryBytes = message.memoryBytes;
  });
  return {
    target: {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => void worker.on("message", listener),
    },
    token: undefined,
    ended,
    listening,
    memory: () => memoryBytes,
    async stop() {
      await worker.terminate();
    },
    kill: () => void worker.terminate(),
  };
}
