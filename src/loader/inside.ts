import { isAbsolute, relative } from "node:path";

/** Whether a path lies in a directory, and is not the directory itself. */
export function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== "" && !/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way);
}
