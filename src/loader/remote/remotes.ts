import type { HandshakeResponse } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import { ParlanceError, type Provider, type ProviderSettings } from "../../sdk/index.js";
import type { FoundPlugin, Manifest } from "../manifest.js";
import { checkSettings } from "../settings.js";
import { atAddress } from "./at-address.js";
import type { Carrier } from "./carrier.js";
import { printedLines } from "./log-lines.js";
import type { Isolation, Placement } from "./placement.js";
import { pluginEnvironment, socketEnvironment } from "./plugin-environment.js";
import { privateSocket } from "./private-socket.js";
import { remoteProvider } from "./remote-provider.js";
import { RUNNER, type RunnerTask } from "./runner.js";
import { startProcess } from "./start-process.js";
import { startWorker } from "./start-worker.js";
import { type RemoteState, Supervisor } from "./supervisor.js";

/**
 * What runs of one plugin outside of the gateway's thread: for every provider of the configuration a thread or a process
 * of its own, so that one's end is not another's. Its credentials share it.
 */
export interface Remotes {
  /** Makes a provider. Rejects with `invalid_request` that names the setting, or `provider_unavailable`. */
  create(settings: ProviderSettings, placement: Placement): Promise<Provider>;
  /** How the worst of them is doing, and whose it is; undefined where there is none. */
  state(): (RemoteState & { readonly provider: string }) | undefined;
  /** What the last one to answer told of itself. */
  told(): HandshakeResponse | undefined;
}

/**
 * Nothing runs yet. `found`: the package; undefined for what somebody else runs, at the address of the placement.
 * `changed`: told whenever the state of one may have become another.
 */
export function createRemotes(plugin: string, found?: FoundPlugin, changed?: () => void): Remotes {
  const running = new Map<string, { readonly placement: Placement; readonly supervisor: Supervisor }>();
  return {
    create(settings, placement) {
      const provider = settings.name;
      const known = running.get(provider);
      // Another configuration has a placement of its own: what runs by the one before it ends with its last call.
      const supervisor =
        (known?.placement === placement ? known.supervisor : undefined) ??
        new Supervisor({
          plugin,
          provider,
          start: () => start(plugin, provider, found, placement),
          supervision: placement.supervision,
          maxMessageBytes: placement.maxMessageBytes,
          log: placement.log,
          hide: placement.hide,
          changed,
          foreign: placement.address !== undefined,
        });
      running.set(provider, { placement, supervisor });
      return remoteProvider({
        plugin,
        provider,
        supervisor,
        placement,
        settings: ({ handshake }) => checked(found?.manifest?.settings ?? handshake.settingsSchema, settings),
      });
    },
    state() {
      const states = [...running].map(([provider, { supervisor }]) => ({ provider, ...supervisor.state() }));
      const worst = ORDER.map((state) => states.find((one) => one.state === state)).find(Boolean);
      // One that is given up leaves the plugin of use to other providers.
      if (worst?.state === "failed" && states.some(({ state }) => state === "ready"))
        return { ...worst, state: "degraded" };
      return worst;
    },
    told: () => [...running.values()].map(({ supervisor }) => supervisor.handshake).findLast(Boolean),
  };
}

const ORDER = ["failed", "degraded", "starting", "ready", "idle"] as const;

/** Where a plugin runs: as the configuration says, or its manifest. Throws `provider_unavailable` where it cannot. */
export function isolationOf(name: string, manifest: Manifest | undefined, placement: Placement | undefined): Isolation {
  const asked = placement?.isolation ?? manifest?.isolation;
  if (manifest?.command === undefined) return asked ?? "in_process";
  if (asked === undefined || asked === "process") return "process";
  throw new ParlanceError(
    "provider_unavailable",
    `The plugin "${name}" is a program of its own; its isolation can only be "process".`,
  );
}

function checked(schema: Manifest["settings"], settings: ProviderSettings): ProviderSettings {
  const result = checkSettings(schema, settings.settings);
  const [first] = result.problems;
  if (first === undefined) return { ...settings, settings: result.settings };
  const path = `providers.${settings.name}.settings${first.path === "" ? "" : `.${first.path}`}`;
  throw new ParlanceError("invalid_request", `${path}: ${first.message}`, { field: path });
}

async function start(
  plugin: string,
  provider: string,
  found: FoundPlugin | undefined,
  placement: Placement,
): Promise<Carrier> {
  if (placement.address !== undefined) return atAddress(placement.address, placement);
  const manifest = found?.manifest;
  if (found === undefined || manifest === undefined) throw new Error("Its manifest cannot be used.");
  const isolation = isolationOf(plugin, manifest, placement);
  const { log, hide, maxMessageBytes, supervision } = placement;
  const lines = printedLines((name, line) => {
    const whose = { plugin, provider };
    if (name === "dropped") log("warn", { msg: "plugin prints too much", ...whose, dropped_lines: Number(line) });
    else log("info", { msg: "plugin printed", ...whose, on: name, line: hide(line) });
  });
  const asked = manifest.environment.pass ?? [];
  const task: RunnerTask = {
    directory: found.directory,
    entry: manifest.entry,
    name: found.name,
    version: found.version,
    capabilities: manifest.capabilities,
    settingsSchema: manifest.settings,
  };
  const { memoryLimitMb } = supervision;
  if (isolation === "worker") {
    return startWorker({ task, environment: pluginEnvironment(asked), memoryLimitMb, lines });
  }
  const socket = await privateSocket();
  const environment = { ...pluginEnvironment(asked), ...socketEnvironment(socket, maxMessageBytes) };
  const runner = [process.execPath, `--max-old-space-size=${memoryLimitMb}`, RUNNER, JSON.stringify(task)];
  const command = manifest.command ?? runner;
  return startProcess({ command, directory: found.directory, environment, socket, lines });
}
