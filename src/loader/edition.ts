import { realpathSync } from "node:fs";
import { createRequire, register } from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";

/** One import of a plugin's code. */
export interface Edition {
  /** 0 is the first import of a package; every other number runs the code anew. */
  readonly number: number;
  /** Directory of the package. */
  readonly directory: string;
}

let editions = 0;

/** A number that no edition had in this process: Node keeps every module for good, by its address. */
export function nextEdition(): number {
  editions += 1;
  return editions;
}

/**
 * The address at which an edition of an entry file is imported. A query of its own makes it another module to Node, and a
 * hook passes the query on to the files of the package that it imports, ESM and CommonJS; packages under `node_modules`,
 * the SDK among them, stay as they are and are shared. What was imported stays in memory until the process ends.
 */
export function editionAddress(entry: string, { number, directory }: Edition): string {
  const url = pathToFileURL(entry);
  if (number === 0) return url.href;
  // As Node itself names modules: by where links lead.
  const real = realpathSync(directory);
  passOnQueries();
  runRequiredAnew(real);
  url.search = `edition=${number}&depth=${pathToFileURL(real).pathname.split("/").filter(Boolean).length}`;
  return url.href;
}

let passedOn = false;

/** Takes effect at the first edition: the hook costs a thread of Node's own, which a gateway that reloads nothing never has. */
function passOnQueries(): void {
  if (passedOn) return;
  passedOn = true;
  register(`data:text/javascript,${encodeURIComponent(`export ${resolve.toString()}`)}`);
}

type NextResolve = (specifier: string, context: { parentURL?: string | undefined }) => Promise<{ url: string }>;

/**
 * The hook (https://nodejs.org/docs/latest-v20.x/api/module.html#resolvespecifier-context-nextresolve). It runs in another
 * thread, from its own text: nothing outside of it can be named. The package is told by how deep its directory lies.
 */
export async function resolve(
  specifier: string,
  context: { parentURL?: string | undefined },
  next: NextResolve,
): Promise<{ url: string }> {
  const found = await next(specifier, context);
  const [parent = "", query = ""] = (context.parentURL ?? "").split("?");
  const depth = /^edition=\d+&depth=(\d+)$/.exec(query)?.[1];
  if (depth === undefined || !found.url.startsWith("file:") || found.url.includes("?")) return found;
  // `file:` and two empty steps stand before the first.
  const root = `${parent
    .split("/")
    .slice(0, 3 + Number(depth))
    .join("/")}/`;
  const inside = found.url.startsWith(root) && !found.url.slice(root.length - 1).includes("/node_modules/");
  return inside ? { ...found, url: `${found.url}?${query}` } : found;
}

/**
 * CommonJS knows its modules by their file alone, and shares them with `import`. Those that were imported are required
 * again at once: Node 20 takes a module that an import has only parsed so far for one that requires itself, and gives it
 * empty to others (`relativeResolveCache` in https://github.com/nodejs/node/blob/v20.x/lib/internal/modules/cjs/loader.js).
 */
function runRequiredAnew(directory: string): void {
  const require = createRequire(import.meta.url);
  const root = directory.endsWith(sep) ? directory : directory + sep;
  const modules = Object.values(require.cache).filter(
    (module) => module?.filename.startsWith(root) && !module.filename.slice(root.length).includes(`node_modules${sep}`),
  ) as NodeJS.Module[];
  const required = new Set(modules.flatMap((module) => module.children));
  for (const { filename } of modules) delete require.cache[filename];
  for (const module of modules) {
    if (required.has(module)) continue;
    try {
      require(module.filename);
    } catch {
      // It may be gone. If it is still imported, the import fails for the same reason, and tells it.
    }
  }
}
