import { Worker } from "node:worker_threads";
import type { Carrier } from "./carrier.js";
import type { PrintedLines } from "./log-lines.js";
import type { PrivateSocket } from "./private-socket.js";
import { RUNNER, type RunnerTask } from "./runner.js";

/** What is started as a thread. */
export interface WorkerTask {
  readonly task: RunnerTask;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryLimitMb: number;
  readonly socket: PrivateSocket;
  readonly lines: PrintedLines;
}

/**
 * Starts a plugin in a thread of its own. An endless loop in it is ended with it. Its limit of memory holds for what
 * JavaScript allocates, not for buffers, which are the process's.
 */
export function startWorker({ task, environment, memoryLimitMb, socket, lines }: WorkerTask): Carrier {
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
  void ended.then(() => socket.remove());
  return {
    target: `unix:${socket.path}`,
    token: socket.token,
    ended,
    listening: socket.bound,
    memory: () => undefined,
    async stop() {
      await worker.terminate();
    },
    kill: () => void worker.terminate(),
  };
}
