import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { findConfig, readPluginsConfig } from "../../config/load.js";
import { discover } from "../../loader/discover.js";
import type { FoundPlugin } from "../../loader/manifest.js";
import { isObject } from "../../sdk/index.js";
import { CliError } from "../cli-error.js";
import { installationFolder } from "../installation.js";

/** Where the plugins of one configuration are installed. */
export interface PluginHome {
  /** Folder of the configuration, or the working directory where there is none. */
  readonly folder: string;
  /** The configuration's file and text. Undefined where there is none. */
  readonly config: { readonly file: string; readonly text: string } | undefined;
  /** Every plugin that the configuration can name now. */
  found(): Promise<FoundPlugin[]>;
}

/** Finds the configuration that was named, or the one here. It may be faulty: it may wait for the plugin. */
export async function openPluginHome(path: string | undefined): Promise<PluginHome> {
  const cwd = process.cwd();
  const { text, source } = await findConfig(path, cwd).catch((error: Error) => {
    throw new CliError(
      `The configuration file${path === undefined ? "" : ` ${path}`} cannot be read: ${error.message}.`,
    );
  });
  const file = resolve(cwd, source);
  const folder = text === undefined ? cwd : dirname(file);
  return {
    folder,
    config: text === undefined ? undefined : { file, text },
    found: () =>
      discover({
        builtIn: join(installationFolder, "plugins"),
        paths: readPluginsConfig(text, process.env)?.paths,
        cwd,
        configFolder: folder,
      }),
  };
}

/** What the folder's package.json depends on, by name. Makes the file, else npm would install into a folder above. */
export async function dependenciesOf(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = join(folder, "package.json");
  const text = await readFile(file, "utf8").catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new CliError(`${file} cannot be read: ${error.message}.`);
    const fresh = '{\n  "private": true\n}\n';
    await writeFile(file, fresh);
    return fresh;
  });
  try {
    const { dependencies } = JSON.parse(text) as { dependencies?: unknown };
    return isObject(dependencies) ? dependencies : {};
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${(error as Error).message}.`);
  }
}
