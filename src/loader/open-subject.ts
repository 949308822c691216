import { readRecordings, type Subject } from "../sdk/testing/index.js";
import { readManifest } from "./manifest.js";
import { createRegistry } from "./registry.js";

/**
 * The plugin of the package in `directory` as the conformance kit takes it: loaded in this process, by its manifest, as
 * the gateway loads it. Throws an Error where the package is no plugin, or a recording cannot be read.
 */
export async function openSubject(directory: string): Promise<Subject> {
  const found = await readManifest(directory);
  if (found === undefined) {
    throw new Error(`${directory} is no plugin: it has no package.json with a member "parlance".`);
  }
  const { name, version, problems, manifest } = found;
  const registry = createRegistry([found]);
  const { recordings: folder, ...conformance } = manifest?.conformance ?? { upstream: true, settings: {}, models: {} };
  const { apiKey = [], baseUrl } = manifest?.environment ?? {};
  return {
    name,
    version,
    problems,
    capabilities: manifest?.capabilities ?? [],
    settingsSchema: manifest?.settings,
    environment: [apiKey, baseUrl ?? []].flat(2),
    conformance,
    recordings: folder === undefined ? [] : await readRecordings(folder),
    entry: manifest?.entry,
    create: (settings) => registry.create(name, settings),
    async close() {},
  };
}
