import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../sdk/index.js";
import { installation } from "../installation.js";

/** What the runner is told of a plugin. Holds no secret: it can be read in the list of processes. */
export interface RunnerTask {
  /** Directory of its package. */
  readonly directory: string;
  /** Absolute path of the module. Absent where the plugin is data. */
  readonly entry?: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly settingsSchema?: JsonObject | undefined;
}

/** What the name of a directory begins with that is made for one socket. */
export const SOCKET_DIRECTORY = "parlance-plugin-";

/** The built program that runs a plugin's module in a thread or a process of its own, whether the sources run or the build. */
export const RUNNER: string = fileURLToPath(new URL("dist/loader/remote/run-plugin.js", installation));
