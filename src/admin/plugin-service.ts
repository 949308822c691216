import type { ServiceImpl } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Plugin, PluginSchema, PluginState } from "../gen/parlance/admin/v1/plugin_pb.js";
import type { PluginService } from "../gen/parlance/admin/v1/plugin_service_pb.js";
import type { PluginLife, UsedPlugin } from "./plugin-life.js";

/** Where the methods of `parlance.admin.v1.PluginService` are in REST. */
export const pluginRoutes = {
  listPlugins: "GET /admin/v1/plugins",
  getPlugin: "GET /admin/v1/plugins/{name}",
  loadPlugin: "POST /admin/v1/plugins/{name}:load",
  unloadPlugin: "POST /admin/v1/plugins/{name}:unload",
  reloadPlugin: "POST /admin/v1/plugins/{name}:reload",
  enablePlugin: "POST /admin/v1/plugins/{name}:enable",
  disablePlugin: "POST /admin/v1/plugins/{name}:disable",
} as const satisfies Record<keyof typeof PluginService.method, string>;

/** `parlance.admin.v1.PluginService` over the plugins of the gateway. */
export function pluginService(life: PluginLife): ServiceImpl<typeof PluginService> {
  return {
    listPlugins: () => ({ plugins: life.list().map(toMessage) }),
    getPlugin: ({ name }) => ({ plugin: toMessage(life.get(name)) }),
    loadPlugin: async ({ name }) => ({ plugin: toMessage(await life.load(name)) }),
    unloadPlugin: async ({ name }) => ({ plugin: toMessage(await life.unload(name)) }),
    reloadPlugin: async ({ name }) => ({ plugin: toMessage(await life.reload(name)) }),
    enablePlugin: async ({ name }) => ({ plugin: toMessage(await life.enable(name)) }),
    disablePlugin: async ({ name }) => ({ plugin: toMessage(await life.disable(name)) }),
  };
}

const STATES = {
  discovered: PluginState.DISCOVERED,
  validated: PluginState.VALIDATED,
  ready: PluginState.READY,
  degraded: PluginState.DEGRADED,
  failed: PluginState.FAILED,
} as const;

/** A plugin in the words of the contract. */
export function toMessage(plugin: UsedPlugin): Plugin {
  const { name, version, directory, state, reason = "", capabilities, settings, providers, since, loadedAt } = plugin;
  return create(PluginSchema, {
    name,
    version,
    directory,
    state: STATES[state],
    reason,
    capabilities: [...capabilities],
    ...(settings !== undefined && { settingsSchema: settings }),
    providers: [...providers],
    stateTime: timestampFromMs(since),
    ...(loadedAt !== undefined && { loadTime: timestampFromMs(loadedAt) }),
  });
}
