import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isObject, type JsonObject } from "../sdk/index.js";
import { type FoundPlugin, type Manifest, readManifest } from "./manifest.js";
import { type Row, rowPlugin } from "./row.js";
import { rowProblems } from "./row-problems.js";

/** Every plugin of the package in `directory`: itself, or one for each of its rows. Empty where it is no plugin. */
export async function readPlugins(directory: string): Promise<FoundPlugin[]> {
  const found = await readManifest(directory);
  if (found === undefined) return [];
  if (found.rows === undefined || found.problems.length > 0) return [found];
  try {
    return await readRows(found);
  } catch (error) {
    return [{ ...found, problems: [(error as Error).message] }];
  }
}

/** A row that is faulty is told as a plugin that cannot be used, and leaves the others as they are. */
async function readRows({ directory, version, rows: file }: FoundPlugin): Promise<FoundPlugin[]> {
  if (typeof file !== "string" || !/^\.\/(?!.*\.\.).+\.json$/.test(file)) {
    throw new Error('"parlance.rows" must be the path of a JSON file in the package, such as "./rows.json".');
  }
  const rows = await readJson(resolve(directory, file), file);
  if (!Array.isArray(rows) || rows.length === 0) throw new Error(`Its ${file} must be a list of rows.`);
  return rows.flatMap((row: unknown, index) => {
    const plugin = toPlugin(row, index, directory, version);
    return [plugin, ...aliasesOf(row, plugin)];
  });
}

/** The same plugin under its other names: by name only, so that a variable which is set gives one provider, not many. */
function aliasesOf(row: unknown, plugin: FoundPlugin): FoundPlugin[] {
  const { manifest } = plugin;
  if (manifest === undefined) return [];
  // Without ids of its own a plugin's name is one, and here it is another's.
  const catalog = manifest.catalog.length > 0 ? manifest.catalog : [plugin.name];
  const other = { ...manifest, catalog, onlyByName: true };
  return ((row as Row).aliases ?? []).map((name) => ({ ...plugin, name, manifest: other }));
}

async function readJson(path: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`Its ${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function toPlugin(row: unknown, index: number, directory: string, version: string): FoundPlugin {
  const problems = rowProblems(row);
  const name = isObject(row) && typeof row.name === "string" ? row.name : `row-${index + 1}`;
  return { name, version, directory, problems, ...(problems.length === 0 && { manifest: manifestOf(row as Row) }) };
}

function manifestOf(row: Row): Manifest {
  return {
    kind: "provider",
    api: 1,
    plugin: rowPlugin(row),
    settings: settingsOf(row),
    capabilities: row.embeddings === undefined ? ["complete"] : ["complete", "embed"],
    environment: { apiKey: row.api_key, settings: variablesOf(row) },
    onlyByName: row.only_by_name ?? isLocal(row.base_url),
    catalog: [row.catalog ?? []].flat(),
  };
}

/** Whether the address is that of the machine itself, where nobody knows whether a server listens. */
function isLocal(baseUrl: string): boolean {
  return /^https?:\/\/(?:127\.0\.0\.1|localhost)[:/]/.test(baseUrl);
}

function variablesOf({ settings = {} }: Row): Manifest["environment"]["settings"] {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, { environment }]) =>
      environment === undefined ? [] : [[name, environment]],
    ),
  );
}

/** A JSON schema; undefined where the row takes no settings. */
function settingsOf({ settings }: Row): JsonObject | undefined {
  if (settings === undefined) return undefined;
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(settings).map(([name, { description, pattern }]) => [
        name,
        { type: "string", pattern, description },
      ]),
    ),
  };
}
