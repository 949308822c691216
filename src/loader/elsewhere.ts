import type { Elsewhere } from "../sdk/testing/index.js";
import type { Provider, ProviderSettings } from "../sdk/index.js";
import type { PluginRegistry } from "./registry.js";
import type { Isolation, Placement } from "./remote/placement.js";
import { toldDialects } from "./remote/remote-provider.js";

/** Where a plugin is to run while it is tested. */
export type TestPlace = { readonly isolation: Isolation } | TestAddress;

/** Where somebody else runs it, and with what it is called there. */
export interface TestAddress {
  readonly address: string;
  readonly token?: string | undefined;
  readonly caFile?: string | undefined;
}

/** A plugin in the gateway's own remote provider, with what is heard of it. */
export interface Tested {
  readonly create: (settings: ProviderSettings) => Promise<Provider>;
  readonly elsewhere: Elsewhere;
}

/** Makes providers of the plugin of that name elsewhere. */
export function testElsewhere(registry: PluginRegistry, name: string, place: TestPlace): Tested {
  const heard: Heard = { crashes: [], printed: [], unread: [], pids: [], ends: [] };
  const placement = placementOf(place, hear(heard));
  const apart: Elsewhere["apart"] = async (settings, use) => {
    const own: Heard = { ...heard, pids: [], ends: [] };
    const provider = await registry.create(name, { ...settings, name: "apart" }, placementOf(place, hear(own)));
    try {
      await use(provider);
    } finally {
      await provider.close?.();
    }
    return { gone: !own.pids.some(isAlive), killed: own.ends.some((how) => how.includes("SIGKILL")) };
  };
  const { crashes, printed, unread } = heard;
  return {
    create: (settings) => registry.create(name, settings, placement),
    elsewhere: { dialectsOf: toldDialects, crashes, ...("isolation" in place && { printed, unread, apart }) },
  };
}

/** What the gateway's log says of a plugin elsewhere. */
interface Heard {
  readonly crashes: string[];
  readonly printed: string[];
  /** What it printed besides, told in a word. */
  readonly unread: string[];
  readonly pids: number[];
  readonly ends: string[];
}

function hear({ crashes, printed, unread, pids, ends }: Heard): Placement["log"] {
  return (_level, { msg, pid, how, reason, line, dropped_lines: dropped }) => {
    switch (msg) {
      case "plugin printed":
        printed.push(String(line));
        if (String(line).endsWith("…")) unread.push("the end of a long line");
        break;
      case "plugin prints too much":
        unread.push(`${String(dropped)} more lines within a second`);
        break;
      case "plugin crashed":
      case "plugin given up":
        crashes.push(String(reason));
        break;
      case "plugin started":
        if (typeof pid === "number") pids.push(pid);
        break;
      case "plugin stopped":
        ends.push(String(how));
    }
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Generous: a busy machine is no fault of the plugin. */
const SUPERVISION = {
  memoryLimitMb: 1024,
  startTimeoutMs: 60_000,
  healthIntervalMs: 30_000,
  crashBudget: 1000,
  crashWindowMs: 60_000,
};
const TIMEOUTS = { connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000 };

function placementOf(place: TestPlace, log: Placement["log"]): Placement {
  return {
    ...place,
    key: "conformance",
    supervision: SUPERVISION,
    maxMessageBytes: 128 * 1024 * 1024,
    headers: {},
    timeouts: TIMEOUTS,
    log,
    // What it prints of its credential is to be seen.
    hide: (text) => text,
  };
}
