import { targetOf } from "./find-violations.js";
import type { Module } from "./read-modules.js";

/** Every way in which modules import each other in a circle, as `a > b > a`. Imports for types count. */
export function findCycles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const way: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    const seenAt = way.indexOf(path);
    if (seenAt !== -1) cycles.push([...way.slice(seenAt), path].join(" > "));
    if (seenAt !== -1 || done.has(path)) return;
    way.push(path);
    for (const specifier of byPath.get(path)?.imports ?? []) {
      const target = targetOf(path, specifier);
      if (target !== undefined && byPath.has(target)) visit(target);
    }
    way.pop();
    done.add(path);
  };
  for (const module of modules) visit(module.path);
  return cycles;
}
