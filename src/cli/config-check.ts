import { problemLine } from "../config/problem.js";
import { openConfig } from "./open-config.js";

/** `parlance config check`: every problem with its place; exit code 1 when there is one. */
export async function checkConfig(options: { config?: string; json?: boolean }): Promise<void> {
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
    process.stdout.write(`${problems.length === 1 ? "1 problem" : `${problems.length} problems`} in ${source}.\n`);
    return;
  }
  const { providers, models } = snapshot.config;
  process.stdout.write(
    `${source} is valid: ${Object.keys(providers).length} providers, ${Object.keys(models).length} models, version ${snapshot.version}.\n`,
  );
}
