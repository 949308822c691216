import { toJson } from "@bufbuild/protobuf";
import { PluginSchema } from "../../gen/parlance/admin/v1/plugin_pb.js";
import { type KnownFrom, knownPlugins } from "./known-plugins.js";
import { stateWord } from "./state-word.js";
import { table } from "./table.js";

/** Flags of `parlance plugin list` and `info`. */
export interface ListOptions extends KnownFrom {
  readonly json?: boolean;
}

/** `parlance plugin list`: every plugin with its state; of a plugin that cannot be used, why. */
export async function listPlugins(options: ListOptions): Promise<void> {
  const plugins = await knownPlugins(options);
  if (options.json) {
    const json = plugins.map((plugin) => toJson(PluginSchema, plugin));
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
    return;
  }
  if (plugins.length === 0) process.stderr.write("No plugins are found.\n");
  const rows = plugins.map((plugin) => [
    plugin.name,
    plugin.version,
    stateWord(plugin.state),
    plugin.providers.map(({ name }) => name).join(", "),
    plugin.reason,
  ]);
  process.stdout.write(table(["NAME", "VERSION", "STATE", "PROVIDERS", "REASON"], rows));
}
