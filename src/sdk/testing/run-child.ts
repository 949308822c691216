import { spawn } from "node:child_process";

/** What a process of its own did with a plugin. */
export interface ChildRun {
  /** Undefined when it had to be killed. */
  readonly code: number | null | undefined;
  /** What came on standard output and error. */
  readonly output: string;
  /** What the child told of itself. */
  readonly told: string;
}

/**
 * Runs a piece of JavaScript in a process of its own, where a module is imported for the first time and an open handle
 * shows. `input` is its `input`; what it passes to `tell` comes back as `told`. Killed after `limitMs`. `nodeArguments` are Node's.
 */
export function runChild(
  code: string,
  input: unknown,
  limitMs: number,
  nodeArguments: readonly string[] = [],
): Promise<ChildRun> {
  const program = `import { writeSync } from "node:fs";
const input = JSON.parse(process.argv[1]);
const tell = (text) => writeSync(3, text);
${code}`;
  return new Promise((resolve, reject) => {
    const words = [...nodeArguments, "--input-type=module", "-e", program, JSON.stringify(input)];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
    let output = "";
    let told = "";
    let killed = false;
    child.stdout?.on("data", (bytes) => (output += String(bytes)));
    child.stderr?.on("data", (bytes) => (output += String(bytes)));
    child.stdio[3]?.on("data", (bytes) => (told += String(bytes)));
    const timer = setTimeout(() => {
      killed = true;
      child.kill("SIGKILL");
    }, limitMs);
    child.on("error", reject);
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ code: killed ? undefined : exitCode, output, told });
    });
  });
}
