import { ParlanceError, type ProviderPlugin } from "../sdk/index.js";
import { type LoadWorld, loadPlugin } from "./load.js";
import type { Entry } from "./plugin-entry.js";

/** What every change of an entry needs. */
export interface Context {
  readonly world: Partial<LoadWorld> | undefined;
  readonly now: () => number;
  readonly change: (entry: Entry, act: () => void) => void;
}

/** Imports the code for the first time, and tells what came of it. */
export async function begin(entry: Entry, context: Context): Promise<ProviderPlugin> {
  const { edition } = entry;
  if (entry.state === "failed" || entry.found.manifest === undefined) throw unusable(entry, entry.reason);
  // What an operator did meanwhile is not to be undone.
  const tell = (act: () => void): void => {
    if (entry.edition === edition) context.change(entry, act);
  };
  try {
    const plugin = await importCode(entry, context.world);
    tell(() => {
      entry.state = "ready";
      entry.loadedAt = context.now();
    });
    return plugin;
  } catch (error) {
    const reason = (error as Error).message;
    tell(() => {
      entry.state = "failed";
      entry.reason = reason;
    });
    throw unusable(entry, reason, error);
  }
}

/** The plugin itself. Rejects with an `Error` in a sentence. */
export function importCode({ found, edition }: Entry, world: Partial<LoadWorld> | undefined): Promise<ProviderPlugin> {
  const { plugin, entry = "", command } = found.manifest ?? {};
  if (plugin !== undefined) return Promise.resolve(plugin);
  if (command !== undefined) return Promise.reject(new Error("It is a program of its own, which cannot be imported."));
  return loadPlugin(entry, world, { number: edition, directory: found.directory });
}

/** The error of a call to a plugin that cannot be used. */
export function unusable(entry: Entry, reason: string | undefined, cause?: unknown): ParlanceError {
  const { name } = entry.found;
  return new ParlanceError("provider_unavailable", `The plugin "${name}" cannot be used. ${reason ?? ""}`.trim(), {
    provider: name,
    cause,
  });
}
