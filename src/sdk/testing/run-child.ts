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

/** What a process of its own is given. */
export interface ChildInput {
  /** Path of the plugin's module. */
  readonly entry: string;
  readonly lender: string | undefined;
  readonly [name: string]: unknown;
}

/**
 * Runs a piece of JavaScript in a process of its own, where a module is imported for the first time and an open handle
 * shows. `input` is its `input`, with the module's address as `entry`; what it passes to `tell` comes back as `told`. Killed after `limitMs`.
 */
export function runChild(code: string, input: ChildInput, limitMs: number): Promise<ChildRun> {
  const program = `import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
const input = JSON.parse(process.argv[1]);
const tell = (text) => writeSync(3, text);
if (input.lender !== undefined) await (await import(input.lender)).lendSdk(input.entry);
input.entry = pathToFileURL(input.entry).href;
${code}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, JSON.stringify(input)], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
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
