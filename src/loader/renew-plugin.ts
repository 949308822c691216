import { ParlanceError, type Provider, type ProviderPlugin, type ProviderSettings } from "../sdk/index.js";
import { nextEdition } from "./edition.js";
import { isElsewhere, makeElsewhere, makeProvider } from "./make-provider.js";
import type { FoundPlugin } from "./manifest.js";
import { type Context, importCode } from "./plugin-code.js";
import { type Entry, newEntry } from "./plugin-entry.js";
import type { Isolation, Placement } from "./remote/placement.js";

/** A plugin's code, anew beside the one that runs. */
export interface NewEdition {
  /** Makes a provider of the new code, as the registry's own `create` does. */
  create(name: string, settings: ProviderSettings, placement?: Placement): Promise<Provider>;
  /** Puts it in the place of the old one. */
  take(): void;
  /** Gives it up: the old one stays, and its status tells why. Gives the error to be thrown. */
  refuse(cause: unknown): ParlanceError;
}

/**
 * `again`: the package as it is now; undefined where it is gone. `places`: where the configuration has its providers run,
 * undefined for those that it leaves to the manifest.
 */
export async function renewPlugin(
  entry: Entry,
  again: FoundPlugin | undefined,
  places: readonly (Isolation | undefined)[],
  context: Context,
): Promise<NewEdition> {
  const refuse = (cause: unknown): ParlanceError => {
    const told = cause instanceof Error ? cause.message : String(cause);
    const { name, version } = entry.found;
    const stays =
      entry.loadedAt === undefined && entry.remotes === undefined
        ? ""
        : ` The code before it${ofVersion(version)} stays in use.`;
    const reason = `could not be loaded anew: ${told.replace(/[^.!?]$/, "$&.")}${stays}`;
    context.change(entry, () => {
      entry.reason = `It ${reason}`;
    });
    return new ParlanceError("provider_unavailable", `The plugin "${name}" ${reason}`, { provider: name, cause });
  };
  if (again === undefined) throw refuse("Its package is not there any more.");
  const fresh: Entry = { ...newEntry(again, context.now()), edition: nextEdition() };
  if (fresh.state === "failed") throw refuse(fresh.reason);
  let loading: Promise<ProviderPlugin> | undefined;
  const load = (): Promise<ProviderPlugin> => {
    loading ??= importCode(fresh, context.world);
    return loading;
  };
  // The new manifest may have it run elsewhere than the old one did: then its code is not for this thread.
  if ((places.length === 0 ? [undefined] : places).some((place) => isHere(again, place))) {
    try {
      await load();
    } catch (error) {
      throw refuse(error);
    }
  }
  // What is not in force yet has no state that anybody is told of.
  let taken = false;
  const quiet: Context = {
    ...context,
    change: (_entry, act) => (taken ? context.change(entry, act) : act()),
  };
  return {
    async create(_name, settings, placement) {
      if (placement !== undefined && isElsewhere(fresh, placement)) {
        return makeElsewhere(fresh, settings, placement, quiet);
      }
      return makeProvider(fresh, await load(), settings, quiet);
    },
    take: () =>
      context.change(entry, () => {
        const { since: _, ...rest } = fresh;
        const imported = loading !== undefined;
        const state = imported && fresh.state === "validated" ? "ready" : fresh.state;
        taken = true;
        Object.assign(entry, rest, { state, loading, loadedAt: imported ? context.now() : undefined });
      }),
    refuse,
  };
}

function isHere({ manifest }: FoundPlugin, place: Isolation | undefined): boolean {
  return manifest?.command === undefined && (place ?? manifest?.isolation ?? "in_process") === "in_process";
}

function ofVersion(version: string): string {
  return version === "" ? "" : ` (version ${version})`;
}
