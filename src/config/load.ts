import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Config, ConfigSchema } from "../gen/parlance/config/v1/config_pb.js";
import { check } from "./check.js";
import { decode } from "./decode.js";
import type { Environment } from "./environment.js";
import type { KnownPlugin } from "./known-plugin.js";
import { parseFile } from "./parse-file.js";
import type { Problem } from "./problem.js";
import { createSnapshot, type Snapshot } from "./snapshot.js";
import { addUsualProviders, fillFromVariables, zeroConfig } from "./zero-config.js";

/** Files that are found by themselves, first one first. */
export const DEFAULT_FILES = ["parlance.yaml", "parlance.yml", "parlance.json"] as const;

/** The text of a configuration and where it came from. */
export interface ConfigText {
  /** Undefined where there is no file: the usual providers are taken. */
  readonly text: string | undefined;
  /** Path of the file as it was given, or words that say that there is none. */
  readonly source: string;
}

/** What reading a configuration gave: a snapshot, or what is wrong with it. */
export interface Loaded {
  /** Undefined when there is a problem. */
  readonly snapshot: Snapshot | undefined;
  /** Everything that is wrong, in the order of the file. */
  readonly problems: readonly Problem[];
  readonly source: string;
}

/** Reads the file that was named, or the first default one in `cwd`. Throws when a named file cannot be read. */
export async function findConfig(path: string | undefined, cwd: string): Promise<ConfigText> {
  if (path !== undefined) return { text: await readFile(resolve(cwd, path), "utf8"), source: path };
  for (const name of DEFAULT_FILES) {
    try {
      return { text: await readFile(resolve(cwd, name), "utf8"), source: name };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return { text: undefined, source: "the usual providers (no file)" };
}

/** Reads only what says where plugins are, before they are known. Faults are reported by `loadConfig`. */
export function readPluginsConfig(text: string | undefined, environment: Environment): Config["plugins"] {
  if (text === undefined) return undefined;
  const { value, reporter } = parseFile(text);
  return decode<Config>(ConfigSchema, value ?? {}, environment, reporter).plugins;
}

/** Reads only the providers, also of a configuration that is faulty elsewhere. */
export function providersOf(text: string, environment: Environment): Config["providers"] {
  const { value, reporter } = parseFile(text);
  return decode<Config>(ConfigSchema, value ?? {}, environment, reporter).providers;
}

/** Makes a snapshot of a text, or gathers every problem of it. Pure but for files that settings name. `now`: Unix ms. */
export function loadConfig(
  { text, source }: ConfigText,
  plugins: readonly KnownPlugin[],
  environment: Environment,
  now: number,
): Loaded {
  if (text === undefined) {
    return { snapshot: createSnapshot(zeroConfig(plugins, environment), now), problems: [], source };
  }
  const { value, reporter } = parseFile(text);
  const { problems, reportNew } = reporter;
  if (value === undefined) return { snapshot: undefined, problems: inOrder(problems), source };
  // An empty file says nothing, which is not wrong.
  const config = decode<Config>(ConfigSchema, value, environment, reporter);
  takeEmptyAsAbsent(config);
  if (Object.keys(config.providers).length === 0) addUsualProviders(config, plugins, environment);
  fillFromVariables(config, plugins, environment);
  check(config, plugins, reportNew);
  return {
    snapshot: problems.length > 0 ? undefined : createSnapshot(config, now),
    problems: inOrder(problems),
    source,
  };
}

/** `${VAR:-}` is how one says that a setting may be absent. */
function takeEmptyAsAbsent(config: Config): void {
  if (config.catalog?.url === "") delete config.catalog.url;
  for (const provider of Object.values(config.providers)) {
    if (provider.apiKey === "") delete provider.apiKey;
    if (provider.baseUrl === "") delete provider.baseUrl;
    for (const credential of provider.credentials) if (credential.apiKey === "") delete credential.apiKey;
  }
  if (config.admin?.key === "") delete config.admin.key;
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
