import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { FLOORS, PLUGINS_SEE, ROOMS_OF_STRANGERS, SHARED_FOLDERS } from "./floors.js";
import type { Module } from "./read-modules.js";

/** What the packages of a tree declare: by their folder (`""` for the root), the names that they depend on. */
export type Declared = ReadonlyMap<string, ReadonlySet<string>>;

/** Every import that the table of floors forbids, each in one sentence. */
export function findViolations(modules: readonly Module[], declared: Declared): string[] {
  const known = new Set(modules.map((module) => module.path));
  return modules.flatMap((module) =>
    module.imports.flatMap((specifier) => {
      const reason = reasonAgainst(module.path, specifier, known, declared);
      return reason === undefined ? [] : [`${module.path} imports ${specifier}: ${reason}`];
    }),
  );
}

/** Path of the module that a relative import means; undefined for packages. */
export function targetOf(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts");
}

function reasonAgainst(path: string, specifier: string, known: ReadonlySet<string>, declared: Declared) {
  const target = targetOf(path, specifier);
  if (target === undefined) return reasonAgainstPackage(path, specifier, declared);
  if (isTest(path) && target.startsWith("test/")) return undefined;
  if (!known.has(target)) return "there is no such module here";
  if (isTest(target)) return "nobody imports a test";
  if (path.startsWith("plugins/")) {
    return target.startsWith(`${packageOf(path)}/`) ? undefined : `a plugin sees ${PLUGINS_SEE} and itself only`;
  }
  if (target.startsWith("plugins/")) return "the house does not know its plugins; they are loaded by name";
  return reasonAgainstRoom(path, target) ?? reasonAgainstNeighbour(path, target);
}

function reasonAgainstPackage(path: string, specifier: string, declared: Declared): string | undefined {
  if (isBuiltin(specifier)) return specifier.startsWith("node:") ? undefined : "write node: before what is Node's own";
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (name === PLUGINS_SEE && !path.startsWith("plugins/")) return "the house imports its SDK by its path";
  if (isTest(path)) return undefined;
  const owner = packageOf(path);
  return declared.get(owner)?.has(name) === true ? undefined : `${name} is not among its package's dependencies`;
}

function reasonAgainstRoom(path: string, target: string): string | undefined {
  const from = roomOf(path);
  const to = roomOf(target);
  const floor = floorOf(from);
  const below = floorOf(to);
  if (floor === -1) return `${from} has no floor in test/architecture/floors.ts`;
  if (below === -1) return `${to} has no floor in test/architecture/floors.ts`;
  if (from === to || below < floor) return undefined;
  return below === floor ? `${from} and ${to} are on one floor, and strangers` : `${to} is above ${from}`;
}

function reasonAgainstNeighbour(path: string, target: string): string | undefined {
  const room = ROOMS_OF_STRANGERS.find((one) => path.startsWith(`${one}/`) && target.startsWith(`${one}/`));
  if (room === undefined) return undefined;
  const from = folderIn(room, path);
  const to = folderIn(room, target);
  if (to === undefined || from === to || SHARED_FOLDERS.includes(`${room}/${to}`)) return undefined;
  if (from !== undefined) return `${from} and ${to} are strangers in ${room}`;
  return path === `${room}/index.ts` ? undefined : `what the folders of ${room} share knows none of them`;
}

function folderIn(room: string, path: string): string | undefined {
  const [folder, file] = path.slice(room.length + 1).split("/");
  return file === undefined ? undefined : folder;
}

function roomOf(path: string): string {
  return path.split("/")[1] ?? path;
}

function floorOf(room: string): number {
  return FLOORS.findIndex((floor) => floor.includes(room));
}

function packageOf(path: string): string {
  return path.startsWith("plugins/") ? path.split("/").slice(0, 2).join("/") : "";
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}
