import { spawn } from "node:child_process";
import { CliError } from "../cli-error.js";

/** Where npm runs, and whether what it says on standard output is wanted. */
export interface NpmWorld {
  readonly cwd: string;
  /** Whether standard output is given back. Absent means that it goes to standard error, with what npm says there. */
  readonly capture?: boolean;
}

/** Runs npm to its end. Throws a `CliError` that says how it ended where it failed; npm has said why. */
export async function runNpm(args: readonly string[], { cwd, capture = false }: NpmWorld): Promise<string> {
  const child = spawn("npm", args, {
    cwd,
    stdio: ["ignore", capture ? "pipe" : 2, 2],
    // There it is a script of the shell.
    shell: process.platform === "win32",
  });
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new CliError(`npm cannot be run: ${error.message}.`)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(said);
      else reject(new CliError(`npm ${args[0] ?? ""} failed (${signal ?? `exit code ${code ?? "unknown"}`}).`));
    });
  });
}
