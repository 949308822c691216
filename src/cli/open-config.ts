import { dirname, join, resolve } from "node:path";
import type { KnownPlugin } from "../config/known-plugin.js";
import { findConfig, type Loaded, loadConfig, readPluginsConfig } from "../config/load.js";
import { discover } from "../loader/discover.js";
import type { FoundPlugin, Manifest } from "../loader/manifest.js";
import { createRegistry, type PluginRegistry } from "../loader/registry.js";
import { checkSettings } from "../loader/settings.js";
import { CliError } from "./cli-error.js";
import { installationFolder } from "./installation.js";

/** A configuration with the plugins that it can name. */
export interface OpenedConfig extends Loaded {
  /** Absolute path of the file; undefined where there is none. */
  readonly file: string | undefined;
  readonly plugins: PluginRegistry;
}

/**
 * Reads the configuration file, or takes the usual providers, and finds the plugins. No plugin's code runs. `previous`: the
 * plugins in force, which keep their states as far as they are the same.
 */
export async function openConfig(path: string | undefined, previous?: PluginRegistry): Promise<OpenedConfig> {
  const cwd = process.cwd();
  const text = await findConfig(path, cwd).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      `The configuration file${path === undefined ? "" : ` ${path}`} cannot be read: ${error.message}.`,
    );
  });
  const pluginsConfig = readPluginsConfig(text.text, process.env);
  const file = text.text === undefined ? undefined : resolve(cwd, text.source);
  const find = (): Promise<FoundPlugin[]> =>
    discover({
      builtIn: join(installationFolder, "plugins"),
      paths: pluginsConfig?.paths,
      cwd,
      configFolder: file === undefined ? undefined : dirname(file),
    });
  const { allow, disable } = pluginsConfig ?? {};
  const plugins = createRegistry(await find(), { allow, disable, find, previous });
  const known: KnownPlugin[] = plugins.list().map(({ name }) => toKnown(name, plugins.manifest(name)));
  return { ...loadConfig(text, known, process.env, Date.now()), file, plugins };
}

/** A plugin whose manifest is faulty says nothing of its settings. */
function toKnown(name: string, manifest: Manifest | undefined): KnownPlugin {
  if (manifest === undefined) return { name };
  return {
    name,
    environment: manifest.environment,
    onlyByName: manifest.onlyByName,
    checkSettings: (settings) => checkSettings(manifest.settings, settings).problems,
  };
}
