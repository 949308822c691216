import { dirname } from "node:path";
import type { ProviderPlugin } from "../sdk/index.js";
import { type Edition, editionAddress } from "./edition.js";
import { lendSdk } from "./lend-sdk.js";

/** The outside world of a load, to be replaced in tests. */
export interface LoadWorld {
  /** Runs `act` after so many milliseconds; gives back what stops it. */
  readonly later: (act: () => void, milliseconds: number) => () => void;
  /** Imports the module at a file address. */
  readonly importModule: (address: string) => Promise<unknown>;
}

const world: LoadWorld = {
  later: (act, milliseconds) => {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  },
  importModule: (address) => import(address) as Promise<unknown>,
};

/** Milliseconds that a plugin may take to import. */
export const IMPORT_TIMEOUT_MS = 10_000;

/**
 * Imports a plugin's entry and gives its default export. Throws an `Error` that says what is wrong: it threw, took
 * longer than `IMPORT_TIMEOUT_MS`, or exports no plugin. The limit is for a module that waits; one that computes for
 * ever in this process cannot be stopped from inside it.
 */
export async function loadPlugin(
  entry: string,
  replaced?: Partial<LoadWorld>,
  edition: Edition = { number: 0, directory: dirname(entry) },
): Promise<ProviderPlugin> {
  const { later, importModule } = { ...world, ...replaced };
  let stop = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = later(
      () => reject(new Error(`It did not finish importing within ${IMPORT_TIMEOUT_MS / 1000} seconds.`)),
      IMPORT_TIMEOUT_MS,
    );
  });
  try {
    await lendSdk(entry);
    const loaded = await Promise.race([runImport(importModule, editionAddress(entry, edition)), late]);
    return pluginOf(loaded);
  } finally {
    stop();
  }
}

const SDK_MISSING = /Cannot find package '@parlance\/sdk'/;
const SDK_HINT =
  '. Name "@parlance/sdk" among the "peerDependencies" in its package.json: it is then lent the gateway\'s.';

async function runImport(importModule: LoadWorld["importModule"], address: string): Promise<unknown> {
  try {
    return await importModule(address);
  } catch (error) {
    const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const hint = SDK_MISSING.test(told) ? SDK_HINT : "";
    throw new Error(`It threw while it was imported: ${told}${hint}`, { cause: error });
  }
}

function pluginOf(loaded: unknown): ProviderPlugin {
  const exported = (loaded as { default?: unknown }).default;
  if (exported === undefined) {
    throw new Error("Its entry has no default export; it must be `export default definePlugin({ create })`.");
  }
  const create =
    typeof exported === "object" && exported !== null ? (exported as { create?: unknown }).create : undefined;
  if (typeof create !== "function") {
    throw new Error(
      "Its default export has no function `create`; it must be `export default definePlugin({ create })`.",
    );
  }
  return exported as ProviderPlugin;
}
