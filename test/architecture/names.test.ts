import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Module, readModules } from "./read-modules.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Rooms that must work for any provider, so that none can be a special case in them. */
const ROOMS = [
  "core",
  "routing",
  "resilience",
  "telemetry",
  "config",
  "loader",
  "store",
  "access",
  "guardrails",
  "cache",
  "catalog",
];

/** Vendors and model families, as patterns without case. The plugins' own names are added. */
const VENDORS = [
  "openai",
  "anthropic",
  "claude",
  "gemini",
  "vertex",
  "bedrock",
  "azure",
  "llama",
  "cohere(?!n)",
  "mistral",
  "groq",
  "deepseek",
  "qwen",
  "gpt-",
  "openrouter",
  "perplexity",
  "fireworks",
  "watsonx",
  "databricks",
];
/** Ours, and the default of a gateway without a configuration. */
const PLAYGROUND = "simulator";

function namesIn(folder: string): string[] {
  try {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "node_modules");
    return folders.map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** Lines of code, comments left out, that hold one of the patterns. */
function mentions(modules: readonly Module[], patterns: readonly string[]): string[] {
  const pattern = new RegExp(patterns.join("|"), "i");
  return modules.flatMap(({ path, code }) =>
    code.split("\n").flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}

const sources = (folder: string): Module[] =>
  readModules(root, [folder]).filter(({ path }) => !path.endsWith(".test.ts"));

describe("names", () => {
  it("of providers are not in the rooms of the core", () => {
    const names = [...VENDORS, ...namesIn("plugins").filter((name) => name !== PLAYGROUND)];
    const modules = ROOMS.flatMap((room) => sources(`src/${room}`));
    expect(modules.length).toBeGreaterThan(20);
    expect(mentions(modules, names)).toEqual([]);
  });

  it("of dialects are in the dialects and behind their doors only", () => {
    const names = namesIn("src/dialects").filter((name) => name.includes("-"));
    const modules = sources("src").filter(
      ({ path }) => !path.startsWith("src/dialects/") && !/^src\/transport\/[^/]+\//.test(path),
    );
    expect(mentions(modules, [...names, "openai-chat", "anthropic-messages"])).toEqual([]);
  });

  it("are found in code and not in comments, whatever their case", () => {
    const module = { path: "a.ts", imports: [], code: "\nconst fromOpenAI = 1;\nconst coherent = 2;" };
    expect(mentions([module], VENDORS)).toEqual(["a.ts:2: const fromOpenAI = 1;"]);
  });
});
