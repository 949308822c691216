import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { providersOf } from "../../config/load.js";
import type { FoundPlugin } from "../../loader/manifest.js";
import { nearest } from "../../sdk/index.js";
import { CliError } from "../cli-error.js";
import type { PackageOptions } from "./add-plugin.js";
import { removeFromAllow } from "./edit-allow.js";
import { dependenciesOf, openPluginHome, type PluginHome } from "./plugin-home.js";
import { runNpm } from "./run-npm.js";

/**
 * `parlance plugin remove`: uninstalls the package of a plugin that is installed beside the configuration, and takes it
 * out of the list of what is allowed. Refuses while a provider of the configuration uses it.
 */
export async function removePlugin(name: string, options: PackageOptions): Promise<void> {
  const home = await openPluginHome(options.config);
  const installed = await installedPlugins(home);
  const found = installed.find((one) => one.plugin.name === name) ?? installed.find((one) => one.package === name);
  if (found === undefined) throw new CliError(await unknown(name, installed, home));
  const names = installed.filter((one) => one.package === found.package).map(({ plugin }) => plugin.name);
  refuseUsed(names, home);
  const text = withoutNames(names, home);
  await runNpm(["uninstall", "--ignore-scripts", "--no-audit", "--no-fund", found.package], { cwd: home.folder });
  if (text !== undefined && home.config !== undefined) await writeFile(home.config.file, text);
  process.stdout.write(`Removed ${names.join(", ")} (${found.package}).\n`);
}

interface Installed {
  readonly package: string;
  readonly plugin: FoundPlugin;
}

async function installedPlugins(home: PluginHome): Promise<Installed[]> {
  const modules = join(home.folder, "node_modules");
  const dependencies = Object.keys(await dependenciesOf(home.folder));
  const found = (await home.found()).filter(({ directory }) => directory.startsWith(modules));
  return Promise.all(
    found.map(async (plugin) => {
      const { name } = JSON.parse(await readFile(join(plugin.directory, "package.json"), "utf8")) as { name: string };
      return { package: name, plugin };
    }),
  ).then((all) => all.filter((one) => dependencies.includes(one.package)));
}

async function unknown(name: string, installed: readonly Installed[], home: PluginHome): Promise<string> {
  const other = (await home.found()).find((plugin) => plugin.name === name);
  if (other !== undefined) return `The plugin "${name}" in ${other.directory} was not added here, so it stays.`;
  const names = installed.map(({ plugin }) => plugin.name);
  const near = nearest(name, names)[0];
  if (near !== undefined) return `There is no plugin "${name}". Did you mean "${near}"?`;
  return `There is no plugin "${name}". Added here: ${names.join(", ") || "none"}.`;
}

function refuseUsed(names: readonly string[], { config }: PluginHome): void {
  if (config === undefined) return;
  const users = Object.entries(providersOf(config.text, process.env))
    .filter(([provider, { plugin = provider }]) => names.includes(plugin))
    .map(([provider]) => `"${provider}"`);
  if (users.length === 0) return;
  throw new CliError(`It is used by the provider ${users.join(", ")} in ${config.file}. Take that out first.`);
}

/** The configuration's text without the names in its list. Undefined where they are not in it. */
function withoutNames(names: readonly string[], { config }: PluginHome): string | undefined {
  if (config === undefined) return undefined;
  let { text } = config;
  for (const name of names) {
    const edited = removeFromAllow(text, name);
    if (edited.changed && edited.names.length === 0) {
      throw new CliError(
        `It is the last name in plugins.allow, and an empty list allows every plugin. Take it out of ${config.file} yourself first.`,
      );
    }
    text = edited.text;
  }
  return text === config.text ? undefined : text;
}
