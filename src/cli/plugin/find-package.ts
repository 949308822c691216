import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError } from "../cli-error.js";
import { installationFolder } from "../installation.js";

/**
 * The directory of a plugin's package: a path, a package installed here, or the name of a plugin that comes with
 * Parlance. Throws where it is none of them.
 */
export function findPackage(wanted: string): string {
  const places = [
    resolve(wanted),
    join(process.cwd(), "node_modules", wanted),
    join(process.cwd(), "node_modules", `parlance-plugin-${wanted}`),
    join(installationFolder, "plugins", wanted),
  ];
  const found = places.find((place) => existsSync(join(place, "package.json")));
  if (found !== undefined) return found;
  throw new CliError(
    `There is no plugin "${wanted}": it is not a folder with a package.json, not a package in node_modules here, and not a plugin that comes with Parlance.`,
  );
}
