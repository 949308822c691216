import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installation } from "../loader/installation.js";

/** Folder that holds package.json and plugins/, whether the sources run or the build. */
export const installationFolder: string = fileURLToPath(new URL(".", installation)).replace(/[\\/]$/, "");

/** Version of this installation. */
export const version: string = (
  JSON.parse(readFileSync(join(installationFolder, "package.json"), "utf8")) as { version: string }
).version;
