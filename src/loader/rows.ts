import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isObject, type JsonObject } from "../sdk/index.js";
import type { FoundPlugin, Manifest } from "./manifest.js";
import { type Row, rowPlugin } from "./row.js";
import { rowProblems } from "./row-schema.js";

/**
 * Reads the rows of a package whose manifest says `"kind": "providers"`: one plugin for each. A row that is faulty is told
 * as a plugin that cannot be used, and leaves the others as they are. Throws an `Error` in a sentence when there are none.
 */
export async function readRows(directory: string, file: unknown, version: string): Promise<FoundPlugin[]> {
  if (typeof file !== "string" || !/^\.\/(?!.*\.\.).+\.json$/.test(file)) {
    throw new Error('"parlance.rows" must be the path of a JSON file in the package, such as "./rows.json".');
  }
  let rows: unknown;
  try {
    rows = JSON.parse(await readFile(resolve(directory, file), "utf8"));
  } catch (error) {
    throw new Error(`Its ${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  if (!Array.isArray(rows) || rows.length === 0) throw new Error(`Its ${file} must be a list of rows.`);
  return rows.map((row: unknown, index) => toPlugin(row, index, directory, version));
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
    environment: { apiKey: row.api_key },
    unasked: row.api_key !== undefined,
  };
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
