import type { Command } from "commander";
import type { ChangeOptions } from "./change-plugin.js";
import type { ListOptions } from "./list-plugins.js";

/** What the commands about a plugin's life share with the others. */
export interface CommonOptions {
  readonly config: readonly [flags: string, description: string];
  readonly url: readonly [flags: string, description: string];
  /** Where a gateway listens when nobody says otherwise. */
  readonly defaultUrl: string;
}

/** The flag that names the file of the admin key. */
export const KEY_FILE = [
  "--admin-key-file <file>",
  "file that holds the gateway's admin key (default: the variable PARLANCE_ADMIN_KEY)",
] as const;

const CHANGES = [
  ["enable", "let a plugin of a running gateway be used that was disabled"],
  ["disable", "keep a plugin of a running gateway from being used; running requests end well"],
  ["reload", "read a plugin of a running gateway anew, code and manifest; running requests end on the old one"],
  ["load", "import a plugin's code in a running gateway now, and search for it where it is new or was unloaded"],
  ["unload", "take a plugin's code away from a running gateway until it is loaded again"],
] as const;

/** Adds `plugin list | info | enable | disable | reload | load | unload`. */
export function addLifeCommands(plugin: Command, common: CommonOptions): void {
  plugin
    .command("list")
    .description("list the plugins of this installation and its configuration, or of a running gateway")
    .option(...common.config)
    .option(...common.url)
    .option(...KEY_FILE)
    .option("--json", "as JSON")
    .action(async (options: ListOptions) => (await import("./list-plugins.js")).listPlugins(options));
  plugin
    .command("info")
    .description("tell all about a plugin of this installation, or of a running gateway")
    .argument("<name>", "name of the plugin")
    .option(...common.config)
    .option(...common.url)
    .option(...KEY_FILE)
    .option("--json", "as JSON")
    .action(async (name: string, options: ListOptions) => (await import("./plugin-info.js")).tellPlugin(name, options));
  for (const [verb, description] of CHANGES) {
    plugin
      .command(verb)
      .description(description)
      .argument("<name>", "name of the plugin")
      .option(common.url[0], common.url[1], common.defaultUrl)
      .option(...KEY_FILE)
      .option("--json", "as JSON")
      .action(async (name: string, options: ChangeOptions) =>
        (await import("./change-plugin.js")).changePlugin(verb, name, options),
      );
  }
}
