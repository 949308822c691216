import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder that holds package.json and plugins/, whether the sources run or the build. */
export const installationFolder: string = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Version of this installation. */
export const version: string = (
  JSON.parse(readFileSync(join(installationFolder, "package.json"), "utf8")) as { version: string }
).version;
