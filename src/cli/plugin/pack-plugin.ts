import { readFile, rm } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { readPlugins } from "../../loader/rows.js";
import { isObject } from "../../sdk/index.js";
import { CliError } from "../cli-error.js";
import { runNpm } from "./run-npm.js";

/**
 * `parlance plugin pack`: builds a plugin's package where it has a script for it, checks its manifest, and writes its
 * tarball here. A tarball without the plugin's entry is not kept: it could be installed, and nothing would run.
 */
export async function packPlugin(directory: string): Promise<void> {
  const folder = resolve(directory);
  const manifest = await readPackage(folder);
  if (manifest.parlance === undefined) {
    throw new CliError(`${directory} holds no plugin: its package.json has no member "parlance".`);
  }
  if (isObject(manifest.scripts) && manifest.scripts.build !== undefined)
    await runNpm(["run", "build"], { cwd: folder });
  const plugins = await readPlugins(folder);
  const problems = plugins.flatMap((plugin) => plugin.problems);
  if (problems.length > 0) throw new CliError(`The plugin in ${directory} is faulty: ${problems.join(" ")}`);
  const args = ["pack", "--json", "--loglevel=error", "--pack-destination", process.cwd()];
  const { filename, files } = tarballOf(await runNpm(args, { cwd: folder, capture: true }));
  const missing = neededOf(manifest.parlance).filter((file) => !files.has(file));
  if (missing.length > 0) {
    await rm(filename);
    throw new CliError(
      `${missing.join(", ")} is missing from the tarball. Name it, or its folder, in "files" in ${join(directory, "package.json")}.`,
    );
  }
  process.stdout.write(`${filename}\n`);
}

async function readPackage(folder: string): Promise<Record<string, unknown>> {
  const file = join(folder, "package.json");
  try {
    const manifest: unknown = JSON.parse(await readFile(file, "utf8"));
    if (isObject(manifest)) return manifest;
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}.`);
  }
  throw new CliError(`${file} is not a JSON object.`);
}

/** Files that the manifest names, by their path in the package. */
function neededOf(parlance: unknown): string[] {
  const { entry, rows } = parlance as { readonly entry?: string; readonly rows?: string };
  return [entry, rows].filter((file) => file !== undefined).map((file) => relative("", file).split(sep).join("/"));
}

/** What `npm pack --json` tells. Scripts of the package may have written before it. */
function tarballOf(said: string): { readonly filename: string; readonly files: ReadonlySet<string> } {
  const [json] = /^\[$[^]*^\]$/m.exec(said) ?? [];
  const [told] = JSON.parse(json ?? "[]") as { filename: string; files: { path: string }[] }[];
  if (told === undefined) throw new CliError("npm pack did not tell what it packed.");
  return { filename: told.filename, files: new Set(told.files.map(({ path }) => path)) };
}
