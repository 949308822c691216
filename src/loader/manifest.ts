import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { isObject, type JsonObject, type ProviderPlugin } from "../sdk/index.js";
import { checkConformance, type Conformance } from "./conformance.js";
import { isInside } from "./inside.js";
import { schemaProblem } from "./settings.js";

/** Versions of the plugin contract that this gateway speaks, both ends included. */
export const ACCEPTED_API = { min: 1, max: 1 } as const;

/** What a plugin can promise to do. */
export const CAPABILITIES = ["complete", "embed", "count_tokens"] as const;

/** One promise of a plugin. */
export type Capability = (typeof CAPABILITIES)[number];

/** What a package says of its plugin, checked. */
export interface Manifest {
  readonly kind: "provider";
  readonly api: number;
  /** Absolute path of the module to import. It lies inside the package. Absent where the plugin is data. */
  readonly entry?: string | undefined;
  /** The plugin itself, where it is data and no module is to be imported. */
  readonly plugin?: ProviderPlugin | undefined;
  /** Set where nobody gets it unasked, whatever the environment holds: a server that everybody runs for themselves. */
  readonly onlyByName?: boolean | undefined;
  /** JSON schema of the provider's own settings; absent means that it takes none. */
  readonly settings: JsonObject | undefined;
  readonly capabilities: readonly Capability[];
  /** Environment variables by which the vendor's own tools are configured. */
  readonly environment: {
    readonly apiKey?: Variables | undefined;
    readonly baseUrl?: Variables | undefined;
    /** Port that is meant where the variable of the address holds a host alone. Absent means that it holds a whole address. */
    readonly port?: number | undefined;
    /** True where the vendor's servers need no credential, so that the address alone will do. */
    readonly keyOptional?: boolean | undefined;
    /** Settings of the plugin's own that variables hold, by the setting's name. */
    readonly settings?: Readonly<Record<string, Variables>> | undefined;
  };
  /**
   * Ids that the vendor of the models has in the catalogue's data, of which the first that a source of data knows counts
   * there. Empty means the plugin's own name.
   */
  readonly catalog: readonly string[];
  /** How it is to be tested by the conformance kit. Absent means as a plugin that ships nothing to be tested with. */
  readonly conformance?: Conformance | undefined;
}

/** Name of an environment variable, or of several of which the first that is set counts. */
type Variables = string | readonly string[];

/** A package that was found to be a plugin, or was named as one and is none. */
export interface FoundPlugin {
  /** The plugin's name: what configuration calls it. */
  readonly name: string;
  /** The package's version, or an empty text where it has none. */
  readonly version: string;
  /** The package's directory. */
  readonly directory: string;
  /** Absent when there are problems. */
  readonly manifest?: Manifest | undefined;
  /** Path of its rows in the package, where it is no plugin but a list of them. */
  readonly rows?: unknown;
  /** Everything that is wrong with it, each a sentence. Empty means that it may be loaded. */
  readonly problems: readonly string[];
}

/**
 * Reads and checks the manifest of the package in `directory`; no code of the package runs.
 * Gives undefined when the package does not say that it is a plugin.
 */
export async function readManifest(directory: string): Promise<FoundPlugin | undefined> {
  let text: string;
  try {
    text = await readFile(resolve(directory, "package.json"), "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  let pack: unknown;
  try {
    pack = JSON.parse(text);
  } catch (error) {
    return unreadable(directory, `Its package.json is not JSON: ${(error as Error).message}.`);
  }
  if (!isObject(pack)) return unreadable(directory, "Its package.json is not a JSON object.");
  if (pack.parlance === undefined) return undefined;
  const version = typeof pack.version === "string" ? pack.version : "";
  if (!isObject(pack.parlance)) {
    return { name: pluginName(pack, {}, directory), version, directory, problems: ['"parlance" must be an object.'] };
  }
  const problems: string[] = [];
  const name = pluginName(pack, pack.parlance, directory);
  if (pack.parlance.kind === "providers") {
    const { kind: _, api, rows, ...others } = pack.parlance;
    for (const key of Object.keys(others)) problems.push(`"parlance.${key}" is not known for a list of providers.`);
    checkApi(api, problems);
    return { name, version, directory, problems, rows };
  }
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    problems.push(
      `Its name ${JSON.stringify(name)} must be lower-case letters, digits, ".", "_" and "-". Set "parlance.name".`,
    );
  }
  const manifest = await checkManifest(directory, pack.parlance, problems);
  return { name, version, directory, problems, ...(problems.length === 0 && manifest && { manifest }) };
}

/** A package that cannot be used, under the best name that is known for it. */
export function unreadable(directory: string, problem: string): FoundPlugin {
  return { name: withoutPrefix(lastSegment(directory)), version: "", directory, problems: [problem] };
}

async function checkManifest(
  directory: string,
  parlance: JsonObject,
  problems: string[],
): Promise<Manifest | undefined> {
  for (const key of Object.keys(parlance)) {
    if (!KEYS.has(key)) problems.push(`"parlance.${key}" is not known; known are ${[...KEYS].join(", ")}.`);
  }
  if (parlance.kind !== "provider") {
    problems.push(
      `"parlance.kind" is ${shown(parlance.kind)}; it must be "provider", or "providers" for a list of rows.`,
    );
  }
  const api = checkApi(parlance.api, problems);
  const entry = await checkEntry(directory, parlance.entry, problems);
  const settings = checkSettingsSchema(parlance.settings, problems);
  const capabilities = checkCapabilities(parlance.capabilities, problems);
  const environment = checkEnvironment(parlance.environment, settings, problems);
  const catalog = checkCatalog(parlance.catalog, problems);
  const conformance = checkConformance(directory, parlance.conformance, problems);
  if (entry === undefined) return undefined;
  return { kind: "provider", api, entry, settings, capabilities, environment, catalog, conformance };
}

const KEYS = new Set([
  "name",
  "kind",
  "api",
  "entry",
  "settings",
  "capabilities",
  "environment",
  "catalog",
  "conformance",
]);

function checkApi(api: unknown, problems: string[]): number {
  const { min, max } = ACCEPTED_API;
  const accepted = `${min}` === `${max}` ? `${min}` : `${min} to ${max}`;
  if (!Number.isInteger(api)) {
    problems.push(`"parlance.api" is ${shown(api)}; it must be the number of the plugin contract, here ${accepted}.`);
    return 0;
  }
  const found = api as number;
  if (found > max) {
    problems.push(
      `It speaks plugin api ${found}; this gateway accepts ${accepted}. Update the gateway, or install an older version of the plugin.`,
    );
  } else if (found < min) {
    problems.push(
      `It speaks plugin api ${found}; this gateway accepts ${accepted}. Install a newer version of the plugin.`,
    );
  }
  return found;
}

async function checkEntry(directory: string, entry: unknown, problems: string[]): Promise<string | undefined> {
  if (typeof entry !== "string" || entry === "") {
    problems.push(`"parlance.entry" is ${shown(entry)}; it must be a path in the package, such as "./dist/index.js".`);
    return undefined;
  }
  const path = resolve(directory, entry);
  if (isAbsolute(entry) || isUrl(entry) || !isInside(directory, path)) {
    problems.push(`"parlance.entry" is ${shown(entry)}; it must stay inside the package.`);
    return undefined;
  }
  try {
    // Links are followed before the check: a link could lead out of the package.
    const real = await realpath(path);
    if (!isInside(await realpath(directory), real)) {
      problems.push(`"parlance.entry" is ${shown(entry)}, a link that leads out of the package.`);
      return undefined;
    }
    if (!(await stat(real)).isFile()) {
      problems.push(`"parlance.entry" is ${shown(entry)}, which is not a file.`);
      return undefined;
    }
    return real;
  } catch (error) {
    if (!isMissing(error)) throw error;
    problems.push(`"parlance.entry" is ${shown(entry)}, which is not there. Build the package, or install it again.`);
    return undefined;
  }
}

function checkSettingsSchema(settings: unknown, problems: string[]): JsonObject | undefined {
  if (settings === undefined) return undefined;
  if (!isObject(settings)) {
    problems.push(`"parlance.settings" is ${shown(settings)}; it must be a JSON schema of an object.`);
    return undefined;
  }
  const problem = schemaProblem(settings);
  if (problem !== undefined) problems.push(`"parlance.settings" is not a usable JSON schema: ${problem}.`);
  return settings;
}

function checkCapabilities(capabilities: unknown, problems: string[]): readonly Capability[] {
  if (!Array.isArray(capabilities) || capabilities.length === 0) {
    problems.push(
      `"parlance.capabilities" is ${shown(capabilities)}; it must list some of ${CAPABILITIES.join(", ")}.`,
    );
    return [];
  }
  const known = new Set<unknown>(CAPABILITIES);
  for (const capability of capabilities) {
    if (!known.has(capability)) {
      problems.push(`"parlance.capabilities" holds ${shown(capability)}; known are ${CAPABILITIES.join(", ")}.`);
    }
  }
  return capabilities as Capability[];
}

function checkEnvironment(
  environment: unknown,
  schema: JsonObject | undefined,
  problems: string[],
): Manifest["environment"] {
  if (environment === undefined) return {};
  if (!isObject(environment)) {
    problems.push(`"parlance.environment" is ${shown(environment)}; it must be an object.`);
    return {};
  }
  const { api_key: apiKey, base_url: baseUrl, settings, port, key_optional: keyOptional, ...others } = environment;
  for (const key of Object.keys(others)) {
    problems.push(
      `"parlance.environment.${key}" is not known; known are api_key, key_optional, base_url, port and settings.`,
    );
  }
  if (port !== undefined && !isPort(port)) {
    problems.push(`"parlance.environment.port" is ${shown(port)}; it must be a port.`);
  }
  if (keyOptional !== undefined && typeof keyOptional !== "boolean") {
    problems.push(`"parlance.environment.key_optional" is ${shown(keyOptional)}; it must be true or false.`);
  }
  return {
    apiKey: checkVariables("api_key", apiKey, problems),
    baseUrl: checkVariables("base_url", baseUrl, problems),
    ...(isPort(port) && { port }),
    ...(typeof keyOptional === "boolean" && { keyOptional }),
    settings: checkSettingVariables(settings, schema, problems),
  };
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}

function checkSettingVariables(
  settings: unknown,
  schema: JsonObject | undefined,
  problems: string[],
): Readonly<Record<string, Variables>> | undefined {
  if (settings === undefined) return undefined;
  if (!isObject(settings)) {
    problems.push(
      `"parlance.environment.settings" is ${shown(settings)}; it must be an object of variables by setting.`,
    );
    return undefined;
  }
  const known = isObject(schema?.properties) ? Object.keys(schema.properties) : [];
  const checked: Record<string, Variables> = {};
  for (const [key, names] of Object.entries(settings)) {
    if (!known.includes(key)) {
      problems.push(`"parlance.environment.settings.${key}" names no setting of "parlance.settings".`);
    }
    const variables = checkVariables(`settings.${key}`, names, problems);
    if (variables !== undefined) checked[key] = variables;
  }
  return checked;
}

function checkVariables(key: string, names: unknown, problems: string[]): Variables | undefined {
  if (names === undefined) return undefined;
  if (typeof names === "string" && isVariable(names)) return names;
  if (Array.isArray(names) && names.length > 0 && names.every(isVariable)) return names as string[];
  problems.push(
    `"parlance.environment.${key}" is ${shown(names)}; it must be the name of a variable, or a list of names.`,
  );
  return undefined;
}

function checkCatalog(catalog: unknown, problems: string[]): readonly string[] {
  const ids = [catalog ?? []].flat();
  if (ids.every((id) => typeof id === "string" && id !== "")) return ids as string[];
  problems.push(
    `"parlance.catalog" is ${shown(catalog)}; it must be a vendor's id in the catalogue's data, or a list.`,
  );
  return [];
}

function isVariable(name: unknown): boolean {
  return typeof name === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function pluginName(pack: JsonObject, parlance: JsonObject, directory: string): string {
  if (typeof parlance.name === "string") return parlance.name;
  return withoutPrefix(lastSegment(typeof pack.name === "string" ? pack.name : directory));
}

/** The name that a package's own name stands for: `@parlance/plugin-openai` is `openai`. */
function withoutPrefix(name: string): string {
  return name.replace(/^(parlance-plugin-|plugin-)(?=.)/, "");
}

function lastSegment(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

// `resolve` would make a path inside the package of it; what is meant is code from elsewhere.
function isUrl(entry: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(entry);
}

/** Whether a file system's error says that there is nothing at the path. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function shown(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}
