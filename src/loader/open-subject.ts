import { readRecordings, type Subject } from "../sdk/testing/index.js";
import { testElsewhere } from "./elsewhere.js";
import { lendingArguments } from "./lend-sdk.js";
import type { FoundPlugin } from "./manifest.js";
import { createRegistry } from "./registry.js";
import type { Isolation, Placement } from "./remote/placement.js";
import { isolationOf } from "./remote/remotes.js";
import { readPlugins } from "./rows.js";

/**
 * The plugins of the package in `directory` as the conformance kit takes them: run where the gateway would run them, or
 * where `isolation` says. Throws an Error where the package is no plugin, cannot run there, or a recording cannot be read.
 */
export async function openSubjects(directory: string, isolation?: Isolation): Promise<[Subject, ...Subject[]]> {
  const [first, ...others] = await readPlugins(directory);
  if (first === undefined) {
    throw new Error(`${directory} is no plugin: it has no package.json with a member "parlance".`);
  }
  const open = (found: FoundPlugin): Promise<Subject> => toSubject(found, isolation);
  return [await open(first), ...(await Promise.all(others.map(open)))];
}

async function toSubject(found: FoundPlugin, asked: Isolation | undefined): Promise<Subject> {
  const { name, version, problems, manifest } = found;
  const place = isolationOf(name, manifest, asked && ({ isolation: asked } as Placement));
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
    place,
    entry: manifest?.entry,
    nodeArguments: manifest?.entry === undefined ? [] : await lendingArguments(manifest.entry),
    ...(place === "in_process"
      ? { create: (settings) => registry.create(name, settings) }
      : testElsewhere(registry, name, { isolation: place })),
    async close() {},
  };
}

const NOTHING_SHIPPED = { recordings: undefined, upstream: true, settings: {}, models: {} } as const;
