import { problemLine } from "../../config/problem.js";
import { toMessage } from "../../admin/plugin-service.js";
import { GetPluginResponseSchema, ListPluginsResponseSchema } from "../../gen/parlance/admin/v1/plugin_service_pb.js";
import type { Plugin } from "../../gen/parlance/admin/v1/plugin_pb.js";
import type { PluginStatus } from "../../loader/plugin-entry.js";
import { ParlanceError } from "../../sdk/index.js";
import { CliError } from "../cli-error.js";
import { type OpenedConfig, openConfig } from "../open-config.js";
import { askAdmin } from "./admin-client.js";

/** Where plugins are known from: a running gateway at `url`, or else this installation and its configuration. */
export interface KnownFrom {
  readonly config?: string;
  readonly url?: string;
  readonly adminKeyFile?: string;
}

/** Every plugin. No plugin's code runs for it here. */
export async function knownPlugins({ config, url, adminKeyFile }: KnownFrom): Promise<Plugin[]> {
  if (url !== undefined) {
    return (await askAdmin("GET", "/admin/v1/plugins", ListPluginsResponseSchema, { url, adminKeyFile })).plugins;
  }
  const opened = await openWarned(config);
  return opened.plugins.list().map((status) => withUsers(status, opened));
}

/** One plugin. */
export async function knownPlugin(name: string, { config, url, adminKeyFile }: KnownFrom): Promise<Plugin> {
  if (url !== undefined) {
    const path = `/admin/v1/plugins/${encodeURIComponent(name)}`;
    const { plugin } = await askAdmin("GET", path, GetPluginResponseSchema, { url, adminKeyFile });
    if (plugin === undefined) throw new CliError("The gateway answered without a plugin.");
    return plugin;
  }
  const opened = await openWarned(config);
  try {
    return withUsers(opened.plugins.get(name), opened);
  } catch (error) {
    throw ParlanceError.is(error) ? new CliError(error.message) : error;
  }
}

/** Plugins are there also where the configuration is faulty: its faults are told, and are no reason to tell nothing. */
async function openWarned(config: string | undefined): Promise<OpenedConfig> {
  const opened = await openConfig(config);
  for (const problem of opened.problems) process.stderr.write(`parlance: ${problemLine(problem, opened.source)}\n`);
  return opened;
}

function withUsers(status: PluginStatus, { snapshot }: OpenedConfig): Plugin {
  const providers = Object.entries(snapshot?.config.providers ?? {})
    .filter(([name, { plugin }]) => (plugin ?? name) === status.name)
    .map(([name, { isolation = "in_process" }]) => ({ name, isolation }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return toMessage({ ...status, providers });
}
