import { isAbsolute, resolve } from "node:path";
import { isObject } from "../sdk/index.js";
import type { ConformancePlan } from "../sdk/testing/index.js";
import { isInside } from "./inside.js";

/** How a package wants to be tested: `parlance.conformance` of its manifest. */
export interface Conformance extends ConformancePlan {
  /** Absolute path of the folder with its recordings. Absent means that it has none. */
  readonly recordings: string | undefined;
}

const KEYS = new Set(["recordings", "upstream", "settings", "api_key", "models"]);
const MODELS = new Set(["complete", "embed", "count_tokens", "stall"]);

/** Reads the member, which is the folder's path or an object. Adds what is wrong with it to `problems`. */
export function checkConformance(directory: string, value: unknown, problems: string[]): Conformance {
  const plan = typeof value === "string" ? { recordings: value } : (value ?? {});
  const bad = (member: string, wanted: string): void => {
    problems.push(`"parlance.conformance${member}" must be ${wanted}.`);
  };
  if (!isObject(plan)) {
    bad("", "the path of a folder, or an object");
    return { recordings: undefined, upstream: true, settings: {}, models: {} };
  }
  for (const key of Object.keys(plan)) {
    if (!KEYS.has(key)) problems.push(`"parlance.conformance.${key}" is not known; known are ${[...KEYS].join(", ")}.`);
  }
  const { recordings, upstream = true, settings = {}, api_key: apiKey, models = {} } = plan;
  if (recordings !== undefined && !isFolder(directory, recordings)) bad(".recordings", "a path inside the package");
  if (typeof upstream !== "boolean") bad(".upstream", "true or false");
  if (!isObject(settings)) bad(".settings", "an object");
  if (apiKey !== undefined && typeof apiKey !== "string") bad(".api_key", "text");
  const named =
    isObject(models) && Object.entries(models).every(([key, name]) => MODELS.has(key) && typeof name === "string");
  if (!named) bad(".models", `an object of names by ${[...MODELS].join(", ")}`);
  return {
    recordings: typeof recordings === "string" ? resolve(directory, recordings) : undefined,
    upstream: upstream !== false,
    settings: isObject(settings) ? settings : {},
    apiKey: typeof apiKey === "string" ? apiKey : undefined,
    models: named ? models : {},
  };
}

function isFolder(directory: string, path: unknown): boolean {
  return typeof path === "string" && !isAbsolute(path) && isInside(directory, resolve(directory, path));
}
