import { type Command, Option } from "commander";
import type { PackageOptions } from "./add-plugin.js";
import type { NewOptions } from "./new-plugin.js";

/** Adds what makes, installs, removes and packs plugins' packages to `parlance plugin`. */
export function addPackageCommands(plugin: Command, configOption: readonly [flags: string, description: string]): void {
  plugin
    .command("new")
    .description("write a package that is a working plugin, with its tests")
    .argument("<name>", "what configurations call it, such as acme")
    .addOption(new Option("--language <language>", "what it is written in").choices(["ts", "js"]).default("ts"))
    .addOption(
      new Option("--isolation <isolation>", "where its code runs")
        .choices(["in_process", "process"])
        .default("in_process"),
    )
    .option("--dir <folder>", "folder to write into (default: parlance-plugin-<name> here)")
    .action(async (name: string, options: NewOptions) => (await import("./new-plugin.js")).newPlugin(name, options));
  plugin
    .command("add")
    .description("install a plugin beside the configuration; none of its code runs")
    .argument("<package>", "a package of the registry, a tarball or a folder")
    .option(...configOption)
    .action(async (spec: string, options: PackageOptions) =>
      (await import("./add-plugin.js")).addPlugin(spec, options),
    );
  plugin
    .command("remove")
    .description("uninstall a plugin that was added")
    .argument("<name>", "the plugin's name, or its package's")
    .option(...configOption)
    .action(async (name: string, options: PackageOptions) =>
      (await import("./remove-plugin.js")).removePlugin(name, options),
    );
  plugin
    .command("pack")
    .description("check, build and pack a plugin's package; writes the tarball here")
    .argument("[folder]", "the package", ".")
    .action(async (folder: string) => (await import("./pack-plugin.js")).packPlugin(folder));
}
