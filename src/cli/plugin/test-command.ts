import { type Command, Option } from "commander";
import { ISOLATIONS } from "../../loader/remote/placement.js";
import type { PluginTestOptions } from "./test.js";

/** Adds what holds a plugin to its promises to `parlance plugin`. */
export function addTestCommand(plugin: Command): void {
  plugin
    .command("test")
    .description("hold a plugin to every promise of the contract, against a server of its own")
    .argument(
      "[plugin]",
      "folder of a package, name of one that is installed here, or of a plugin of Parlance; or the address of one that runs: unix:/path, http://host:port",
      ".",
    )
    .addOption(
      new Option("--isolation <isolation>", "where its code runs (default: as its manifest says)").choices(ISOLATIONS),
    )
    .option("--token-file <file>", "for an address: file with what is sent as bearer")
    .option("--ca-file <file>", "for an address with https: PEM certificates to trust")
    .option("--recordings <folder>", "for an address: recordings of what its server shall answer")
    .option("--only <check>", "run one check alone")
    .option("--json <file>", "write a report for machines there")
    .action(async (wanted: string, options: PluginTestOptions) =>
      (await import("./test.js")).testPlugins(wanted, options),
    );
}
