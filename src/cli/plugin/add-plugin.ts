import { existsSync } from "node:fs";
import { realpath, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import type { FoundPlugin } from "../../loader/manifest.js";
import { readPlugins } from "../../loader/rows.js";
import { CliError } from "../cli-error.js";
import { addToAllow } from "./edit-allow.js";
import { dependenciesOf, openPluginHome, type PluginHome } from "./plugin-home.js";
import { runNpm } from "./run-npm.js";

/** Flags of `parlance plugin add` and `remove`. */
export interface PackageOptions {
  readonly config?: string;
}

/**
 * `parlance plugin add`: installs a package beside the configuration, checks its manifest, and allows it where the
 * configuration lists what is allowed. No code of the package runs, its install scripts neither. What is no plugin, or a
 * faulty one, is not kept.
 */
export async function addPlugin(spec: string, options: PackageOptions): Promise<void> {
  const home = await openPluginHome(options.config);
  const before = await dependenciesOf(home.folder);
  // Paths are meant from here, and npm runs elsewhere.
  const what = existsSync(resolve(spec)) ? resolve(spec) : spec;
  await runNpm(["install", "--ignore-scripts", "--save-exact", "--no-audit", "--no-fund", what], { cwd: home.folder });
  const name = installedName(before, await dependenciesOf(home.folder), spec);
  const plugins = await readPlugins(join(home.folder, "node_modules", name));
  const problem = await problemWith(name, plugins, home);
  if (problem !== undefined) {
    if (before[name] === undefined) {
      await runNpm(["uninstall", "--ignore-scripts", "--no-audit", "--no-fund", name], { cwd: home.folder });
    }
    throw new CliError(`${problem} It was not added.`);
  }
  const allowed = await allow(plugins, home);
  process.stdout.write(`Added ${plugins.map(({ name: one, version }) => `${one} ${version}`).join(", ")} (${name}).\n`);
  if (allowed.length > 0) process.stdout.write(`plugins.allow holds it now: ${allowed.join(", ")}.\n`);
  process.stdout.write(
    `Configure a provider with it${home.config === undefined ? "" : ` in ${basename(home.config.file)}`}:\n\n`,
  );
  process.stdout.write(`providers:\n${plugins.map(exampleOf).join("")}`);
}

/** The dependency that is new or was changed; or, installed again as it was, the one that the spec names. */
function installedName(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  spec: string,
): string {
  const names = Object.keys(after);
  const found =
    names.find((name) => before[name] !== after[name]) ??
    names.find((name) => spec === name || spec.startsWith(`${name}@`)) ??
    names.find((name) => String(after[name]).endsWith(basename(spec)));
  if (found === undefined) throw new CliError(`npm installed ${spec}, but package.json does not say under which name.`);
  return found;
}

async function problemWith(
  name: string,
  plugins: readonly FoundPlugin[],
  home: PluginHome,
): Promise<string | undefined> {
  if (plugins.length === 0) return `${name} is no plugin: its package.json has no member "parlance".`;
  const problems = plugins.flatMap((plugin) => plugin.problems);
  if (problems.length > 0) return `${name} is a faulty plugin: ${problems.join(" ")}`;
  const own = await realpath(join(home.folder, "node_modules", name));
  for (const other of await home.found()) {
    const taken = plugins.some((plugin) => plugin.name === other.name);
    if (taken && (await realpath(other.directory)) !== own) {
      return `The name "${other.name}" is taken by the plugin in ${relative(home.folder, other.directory)}.`;
    }
  }
  return undefined;
}

/** Names that were added to the list of the configuration. */
async function allow(plugins: readonly FoundPlugin[], { config }: PluginHome): Promise<string[]> {
  if (config === undefined) return [];
  let { text } = config;
  const added: string[] = [];
  for (const { name } of plugins) {
    const edited = addToAllow(text, name);
    text = edited.text;
    if (edited.changed) added.push(name);
  }
  if (added.length > 0) await writeFile(config.file, text);
  return added;
}

function exampleOf({ name, manifest }: FoundPlugin): string {
  const { apiKey } = manifest?.environment ?? {};
  const variable = typeof apiKey === "string" ? apiKey : apiKey?.[0];
  return `  ${name}: {${variable === undefined ? "" : ` api_key: "\${${variable}}" `}}\n`;
}
