import { problemLine } from "../config/problem.js";
import { openConfig } from "./open-config.js";

/** Flags of `parlance config check`. */
export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `parlance config check`: every problem with its place; exit code 1 when there is one. */
export async function checkConfig(options: CheckOptions): Promise<void> {
  const { snapshot, problems, source } = await openConfig(options.config);
  if (snapshot === undefined) process.exitCode = 1;
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ source, valid: snapshot !== undefined, version: snapshot?.version, problems }, undefined, 2)}\n`,
    );
    return;
  }
  if (snapshot === undefined) {
    process.stdout.write(`${problems.map((problem) => problemLine(problem, source)).join("\n")}\n`);
    process.stdout.write(`${count(problems.length, "problem")} in ${source}.\n`);
    return;
  }
  const { providers, models } = snapshot.config;
  const counts = [count(Object.keys(providers).length, "provider"), count(Object.keys(models).length, "model")];
  process.stdout.write(`${source}: valid, ${counts.join(", ")}, version ${snapshot.version}.\n`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
