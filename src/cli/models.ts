import { problemLine } from "../config/problem.js";
import { CliError } from "./cli-error.js";
import { openConfig } from "./open-config.js";
import { requestGateway } from "./request-gateway.js";

interface Line {
  readonly name: string;
  readonly targets: readonly string[];
}

/** Flags of `parlance models`. */
export interface ModelsOptions {
  readonly config?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** `parlance models`: what a configuration names, or what a running gateway lists. */
export async function listModels(options: ModelsOptions): Promise<void> {
  const lines = options.url === undefined ? await fromConfig(options.config) : await fromGateway(options.url);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(lines, undefined, 2)}\n`);
    return;
  }
  const width = Math.max(0, ...lines.map(({ name }) => name.length));
  for (const { name, targets } of lines) process.stdout.write(`${name.padEnd(width)}  ${targets.join(", ")}\n`);
  if (lines.length === 0) process.stderr.write("No models are listed. Any can be called as provider/model.\n");
}

async function fromConfig(path: string | undefined): Promise<Line[]> {
  const { snapshot, problems, source, plugins } = await openConfig(path);
  if (snapshot === undefined) throw new CliError(problems.map((problem) => problemLine(problem, source)).join("\n"));
  const { providers, models } = snapshot.config;
  const lines: Line[] = Object.entries(models).map(([name, model]) => ({
    name,
    targets: model.targets.map((target) => `${target.provider}/${target.model}`),
  }));
  for (const [name, { plugin, baseUrl, apiKey, settings }] of Object.entries(providers)) {
    try {
      const provider = await plugins.create(plugin ?? name, { name, baseUrl, apiKey, settings: settings ?? {} });
      for (const offered of provider.models ?? []) lines.push({ name: `${name}/${offered.name}`, targets: [name] });
      await provider.close?.();
    } catch (error) {
      // The others are there still, as they would be when serving.
      process.stderr.write(`parlance: The provider "${name}" cannot be used: ${(error as Error).message}\n`);
    }
  }
  return lines.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function fromGateway(url: string): Promise<Line[]> {
  const response = await requestGateway(url, "/v1/models");
  const { data } = (await response.json()) as { data: { id: string; owned_by: string }[] };
  return data.map(({ id, owned_by }) => ({ name: id, targets: [owned_by] }));
}
