import type { Environment } from "../../src/config/environment.js";
import type { KnownPlugin } from "../../src/config/known-plugin.js";
import { loadConfig } from "../../src/config/load.js";
import { problemLine } from "../../src/config/problem.js";
import type { Config } from "../../src/gen/parlance/config/v1/config_pb.js";

/** Plugins as a configuration may know them. */
export const plugins: readonly KnownPlugin[] = [
  { name: "simulator", environment: {} },
  { name: "openai", environment: { apiKey: "OPENAI_API_KEY", baseUrl: "OPENAI_BASE_URL" } },
  { name: "anthropic", environment: { apiKey: "ANTHROPIC_API_KEY" } },
];

/** Everything that is wrong with a configuration, each in the one line that an operator sees. */
export function problemsOf(
  text: string,
  environment: Environment = {},
  known: readonly KnownPlugin[] = plugins,
): string[] {
  const { problems } = loadConfig({ text, source: "p.yaml" }, known, environment, 0);
  return problems.map((problem) => problemLine(problem, "p.yaml"));
}

/** A configuration that must be valid. */
export function configOf(text: string, environment: Environment = {}, known: readonly KnownPlugin[] = plugins): Config {
  const { snapshot } = loadConfig({ text, source: "p.yaml" }, known, environment, 0);
  if (snapshot === undefined) throw new Error(problemsOf(text, environment, known).join("\n"));
  return snapshot.config;
}
