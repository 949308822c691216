import type { Command } from "commander";
import type { PluginTestOptions } from "./test.js";

/** Adds what holds a plugin to its promises to `parlance plugin`. */
export function addTestCommand(plugin: Command): void {
  plugin
    .command("test")
    .description("hold a plugin to every promise of the contract, against a server of its own")
    .argument("[plugin]", "folder of a package, name of one that is installed here, or of a plugin of Parlance", ".")
    .option("--only <check>", "run one check alone")
    .option("--json <file>", "write a report for machines there")
    .action(async (wanted: string, options: PluginTestOptions) =>
      (await import("./test.js")).testPlugins(wanted, options),
    );
}
