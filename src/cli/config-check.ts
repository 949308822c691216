import { problemLine } from "../config/problem.js";
import { openConfig } from "./open-config.js";
import { providerWarnings } from "./provider-warnings.js";

/** Flags of `parlance config check`. */
export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/**
 * `parlance config check`: every problem with its place; exit code 1 when there is one. A provider that cannot be used
 * is told too, and is no problem of the configuration: the gateway serves without it.
 */
export async function checkConfig(options: CheckOptions): Promise<void> {
  const opened = await openConfig(options.config);
  const { snapshot, problems, source } = opened;
  const warnings = providerWarnings(opened);
  if (snapshot === undefined) process.exitCode = 1;
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ source, valid: snapshot !== undefined, version: snapshot?.version, problems, warnings }, undefined, 2)}\n`,
    );
    return;
  }
  for (const warning of warnings) process.stderr.write(`parlance: ${warning}\n`);
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
