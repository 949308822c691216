import { toJson } from "@bufbuild/protobuf";
import { PluginSchema } from "../../gen/parlance/admin/v1/plugin_pb.js";
import { GetPluginResponseSchema } from "../../gen/parlance/admin/v1/plugin_service_pb.js";
import { CliError } from "../cli-error.js";
import { askAdmin } from "./admin-client.js";
import { stateWord } from "./state-word.js";

/** What can be done to a plugin of a running gateway. */
export type Change = "enable" | "disable" | "reload" | "load" | "unload";

/** Flags of the commands that change a plugin. */
export interface ChangeOptions {
  readonly url: string;
  readonly adminKeyFile?: string;
  readonly json?: boolean;
}

/** `parlance plugin enable | disable | reload | load | unload`: tells the plugin as it is then. */
export async function changePlugin(change: Change, name: string, options: ChangeOptions): Promise<void> {
  const path = `/admin/v1/plugins/${encodeURIComponent(name)}:${change}`;
  // The answers of all changes have the one field of this message.
  const { plugin } = await askAdmin("POST", path, GetPluginResponseSchema, options);
  if (plugin === undefined) throw new CliError("The gateway answered without a plugin.");
  if (options.json) {
    process.stdout.write(`${JSON.stringify(toJson(PluginSchema, plugin), undefined, 2)}\n`);
    return;
  }
  const version = plugin.version === "" ? "" : `, version ${plugin.version}`;
  const reason = plugin.reason === "" ? "" : ` ${plugin.reason}`;
  process.stdout.write(`${plugin.name}: ${stateWord(plugin.state)}${version}.${reason}\n`);
}
