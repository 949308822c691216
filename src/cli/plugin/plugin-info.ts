import { toJson } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { type Plugin, PluginSchema } from "../../gen/parlance/admin/v1/plugin_pb.js";
import { knownPlugin } from "./known-plugins.js";
import type { ListOptions } from "./list-plugins.js";
import { stateWord } from "./state-word.js";
import { table } from "./table.js";

/** `parlance plugin info`: all that is known of one plugin. */
export async function tellPlugin(name: string, options: ListOptions): Promise<void> {
  const plugin = await knownPlugin(name, options);
  process.stdout.write(options.json ? `${JSON.stringify(toJson(PluginSchema, plugin), undefined, 2)}\n` : page(plugin));
}

function page(plugin: Plugin): string {
  const rows: [string, string][] = [
    ["name", plugin.name],
    ["version", plugin.version],
    ["state", stateWord(plugin.state)],
    ["reason", plugin.reason],
    ["directory", plugin.directory],
    ["capabilities", plugin.capabilities.join(", ")],
    ["providers", plugin.providers.map((provider) => `${provider.name} (${provider.isolation})`).join(", ")],
    ["state since", when(plugin.stateTime)],
    ["code imported", when(plugin.loadTime)],
  ];
  const told = table(
    undefined,
    rows.filter(([, value]) => value !== ""),
  );
  if (plugin.settingsSchema === undefined) return `${told}It takes no settings.\n`;
  return `${told}\nJSON schema of its settings:\n${JSON.stringify(plugin.settingsSchema, undefined, 2)}\n`;
}

function when(time: Timestamp | undefined): string {
  return time === undefined ? "" : timestampDate(time).toISOString();
}
