import { readRecordings, type Subject } from "../sdk/testing/index.js";
import { lendingArguments } from "./lend-sdk.js";
import type { FoundPlugin } from "./manifest.js";
import { createRegistry } from "./registry.js";
import { readPlugins } from "./rows.js";

/**
 * The plugins of the package in `directory` as the conformance kit takes them: loaded in this process, by their manifest,
 * as the gateway loads them. Throws an Error where the package is no plugin, or a recording cannot be read.
 */
export async function openSubjects(directory: string): Promise<[Subject, ...Subject[]]> {
  const [first, ...others] = await readPlugins(directory);
  if (first === undefined) {
    throw new Error(`${directory} is no plugin: it has no package.json with a member "parlance".`);
  }
  return [await toSubject(first), ...(await Promise.all(others.map(toSubject)))];
}

async function toSubject(found: FoundPlugin): Promise<Subject> {
  const { name, version, problems, manifest } = found;
  const registry = createRegistry([found]);
  const { recordings: folder, ...conformance } = manifest?.conformance ?? NOTHING_SHIPPED;
  const { apiKey = [], baseUrl = [] } = manifest?.environment ?? {};
  return {
    name,
    version,
    problems,
    capabilities: manifest?.capabilities ?? [],
    settingsSchema: manifest?.settings,
    environment: [apiKey, baseUrl].flat(2),
    conformance,
    recordings: folder === undefined ? [] : await readRecordings(folder),
    inProcess: true,
    entry: manifest?.entry,
    nodeArguments: manifest?.entry === undefined ? [] : await lendingArguments(manifest.entry),
    create: (settings) => registry.create(name, settings),
    async close() {},
  };
}

const NOTHING_SHIPPED = { recordings: undefined, upstream: true, settings: {}, models: {} } as const;
