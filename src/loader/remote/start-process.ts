import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Carrier } from "./carrier.js";
import type { PrintedLines } from "./log-lines.js";
import type { PrivateSocket } from "./private-socket.js";

/** What is started as a process. */
export interface ProcessTask {
  readonly command: readonly string[];
  /** Working directory. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly socket: PrivateSocket;
  readonly lines: PrintedLines;
}

/** How long a process may take to end after it was asked to. */
const GRACE_MS = 3000;

/** How long the last words of a process that has ended may take to come. */
const LAST_WORDS_MS = 100;

/** All that run, so that none outlives a gateway that exits. What outlives its SIGKILL ends with its standard input. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a plugin in a process of its own. How the start failed is told by `ended`. */
export function startProcess({ command, directory, environment, socket, lines }: ProcessTask): Carrier {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: what interrupts the gateway at a terminal must not end its plugins before its requests.
    detached: true,
  });
  running.add(child);
  // Its end is told by `exit`.
  child.stdin.on("error", () => {});
  lines.take(child.stdout, "stdout");
  lines.take(child.stderr, "stderr");
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`It could not be started: ${error.message}.`));
    const tell = (): void => {
      const { exitCode, signalCode } = child;
      const how = signalCode === null ? `It ended with exit code ${exitCode}.` : `It was ended by ${signalCode}.`;
      const last = lines.lastError();
      resolve(last === "" ? how : `${how} Its last words: ${last}`);
    };
    // After `close` all that it printed has been read; what it has started may keep that from coming.
    child.once("close", tell);
    child.once("exit", () => setTimeout(tell, LAST_WORDS_MS).unref());
  });
  void ended.then(() => {
    running.delete(child);
    socket.remove();
  });
  const alive = (): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    target: `unix:${socket.path}`,
    token: socket.token,
    pid: child.pid,
    ended,
    listening: socket.bound,
    memory: () => (alive() ? residentBytes(child.pid) : undefined),
    async stop() {
      child.stdin.end();
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await ended;
      clearTimeout(force);
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

/** As the kernel counts it; undefined where there is no /proc. */
function residentBytes(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
