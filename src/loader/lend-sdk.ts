import { readFile } from "node:fs/promises";
import { createRequire, register } from "node:module";
import { dirname, join } from "node:path";
import { isObject } from "../sdk/index.js";
import { installation } from "./installation.js";

const SDK = "@parlance/sdk";
/** The built hook, whether the sources run or the build: Node loads it into a thread that knows no TypeScript. */
const HOOK = new URL("dist/loader/sdk-hook.js", installation);
/** A place among the plugins that come with the gateway, which see its SDK. */
const DATA = { lender: new URL("plugins/lender.js", installation).href };

let lending = false;

/**
 * Lets the plugin whose entry is at `entry` import the gateway's copy of the SDK, where it names the SDK among its
 * dependencies and none is installed for it. A plugin with a copy of its own, of whatever version, keeps that.
 *
 * The first plugin that needs it costs about 30 ms and 11 MB, for the thread in which Node resolves imports then
 * (measured on Node 20); without such a plugin nothing is registered.
 */
export async function lendSdk(entry: string): Promise<void> {
  if (lending || !(await needsSdk(entry))) return;
  lending = true;
  register(HOOK, { data: DATA });
}

/** Arguments by which another Node lends the SDK to the plugin whose entry is at `entry`. Empty where it needs no loan. */
export async function lendingArguments(entry: string): Promise<readonly string[]> {
  if (!(await needsSdk(entry))) return [];
  const code = `import { register } from "node:module"; register(${JSON.stringify(HOOK)}, { data: ${JSON.stringify(DATA)} });`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
}

async function needsSdk(entry: string): Promise<boolean> {
  return !hasSdk(entry) && (await wantsSdk(entry));
}

function hasSdk(entry: string): boolean {
  try {
    createRequire(entry).resolve(SDK);
    return true;
  } catch (error) {
    // Any other failure is one of an SDK that is there, and is told when it is imported.
    return (error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND";
  }
}

async function wantsSdk(entry: string): Promise<boolean> {
  const pack = await packageOf(dirname(entry));
  const kinds = [pack.dependencies, pack.peerDependencies, pack.optionalDependencies, pack.devDependencies];
  return kinds.some((names) => isObject(names) && names[SDK] !== undefined);
}

/** The nearest package.json above. Empty where there is none that can be read. */
async function packageOf(directory: string): Promise<Record<string, unknown>> {
  try {
    const pack: unknown = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
    // One that only says what kind of modules its folder holds is not the package's.
    if (isObject(pack) && pack.name !== undefined) return pack;
  } catch {
    // It is higher up, or the import will tell what is wrong.
  }
  const parent = dirname(directory);
  return parent === directory ? {} : packageOf(parent);
}
