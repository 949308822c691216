import { readdir, readFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isObject } from "../sdk/index.js";
import { type FoundPlugin, isMissing, unreadable } from "./manifest.js";
import { readPlugins } from "./rows.js";

/** Where plugins are looked for. */
export interface DiscoverOptions {
  /** Directory of the plugins that come with the gateway; its children are packages. Absent means none. */
  readonly builtIn?: string | undefined;
  /** Directories that the operator named, each one package or a directory of packages. Relative ones from `cwd`. */
  readonly paths?: readonly string[] | undefined;
  /** Directory whose `node_modules` is searched. Absent means that none is. */
  readonly cwd?: string | undefined;
  /** Folder of the configuration, whose `node_modules` is searched too. Absent means that it is `cwd`. */
  readonly configFolder?: string | undefined;
}

/**
 * Finds plugins by their manifests. No code of theirs runs, and nothing is fetched.
 *
 * Where two have the same name the first wins: what the operator named by path, then what comes with the gateway,
 * then `node_modules`, so that an installed package never takes the place of a built-in one unasked.
 *
 * In `node_modules` only two kinds of packages are opened, for a large tree must cost nothing: those that the
 * package.json of `cwd` depends on directly, and those whose name says what they are (`parlance-plugin-*`, with or
 * without a scope, and `@parlance/plugin-*`).
 */
export async function discover(options: DiscoverOptions): Promise<FoundPlugin[]> {
  const { builtIn, paths = [], cwd, configFolder = cwd } = options;
  const groups = await Promise.all([
    ...paths.map((path) => inPath(resolve(cwd ?? ".", path))),
    builtIn === undefined ? [] : children(builtIn),
    ...[...new Set([configFolder, cwd])].map((folder) => (folder === undefined ? [] : inNodeModules(folder))),
  ]);
  return dropRepeats(groups.flat());
}

async function inPath(path: string): Promise<FoundPlugin[]> {
  const itself = await readPlugins(path);
  if (itself.length > 0) return itself;
  const found = await children(path);
  if (found.length > 0) return found;
  return [
    unreadable(
      path,
      `There is no plugin in ${path}: neither a package with a "parlance" field, nor a directory of them.`,
    ),
  ];
}

async function children(directory: string): Promise<FoundPlugin[]> {
  const names = await namesIn(directory);
  return readAll(names.map((name) => join(directory, name)));
}

async function inNodeModules(cwd: string): Promise<FoundPlugin[]> {
  const root = join(cwd, "node_modules");
  const [names, dependencies] = await Promise.all([namesIn(root), directDependencies(cwd)]);
  const wanted = new Set(dependencies);
  const scopes = names.filter((name) => name.startsWith("@"));
  const scoped = await Promise.all(
    scopes.map(async (scope) => (await namesIn(join(root, scope))).map((name) => `${scope}/${name}`)),
  );
  for (const name of [...names, ...scoped.flat()]) if (TELLING.test(name)) wanted.add(name);
  const found = await readAll([...wanted].sort().map((name) => join(root, name)));
  // A dependency whose package.json is broken and whose name tells nothing is not a plugin that somebody misses.
  return found.filter(
    (plugin) => plugin.manifest !== undefined || plugin.version !== "" || TELLING.test(plugin.directory),
  );
}

const TELLING = /(?:^|[\\/])(?:parlance-plugin-|@parlance[\\/]plugin-)[^\\/]+$/;

async function directDependencies(cwd: string): Promise<string[]> {
  let pack: unknown;
  try {
    pack = JSON.parse(await readFile(join(cwd, "package.json"), "utf8"));
  } catch {
    // Without a readable package.json there are no direct dependencies; the gateway runs anywhere.
    return [];
  }
  if (!isObject(pack)) return [];
  return [pack.dependencies, pack.optionalDependencies].flatMap((group) => (isObject(group) ? Object.keys(group) : []));
}

async function readAll(directories: readonly string[]): Promise<FoundPlugin[]> {
  const found = await Promise.all(
    directories.map((directory) =>
      readPlugins(directory).catch((error: Error) => [unreadable(directory, `It cannot be read: ${error.message}.`)]),
    ),
  );
  return found.flat();
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** A workspace's package lies in `plugins/` and is linked from `node_modules`: one plugin, told once. */
async function dropRepeats(found: readonly FoundPlugin[]): Promise<FoundPlugin[]> {
  const seen = new Set<string>();
  const kept: FoundPlugin[] = [];
  for (const plugin of found) {
    const real = await realpath(plugin.directory).catch(() => plugin.directory);
    // A package of rows is several plugins.
    const key = `${real}\n${plugin.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(plugin);
  }
  return kept;
}
