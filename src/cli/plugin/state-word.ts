import { PluginState } from "../../gen/parlance/admin/v1/plugin_pb.js";

/** A plugin's state in a word: `ready`. */
export function stateWord(state: PluginState): string {
  return (PluginState[state] ?? String(state)).toLowerCase();
}
