import { problemLine } from "../config/problem.js";
import { CliError } from "./cli-error.js";
import { openConfig } from "./open-config.js";
import { table } from "./plugin/table.js";
import { requestGateway } from "./request-gateway.js";

interface Line {
  readonly name: string;
  readonly targets: readonly string[];
}

/** One target of a model as the gateway's `/v1/models` tells it. */
interface ListedTarget {
  readonly provider: string;
  readonly upstream_model: string;
  readonly context_window?: number;
  readonly abilities?: readonly string[];
  readonly price: { readonly state: string; readonly rates?: { readonly input?: string; readonly output?: string } };
}

interface Listed {
  readonly id: string;
  readonly parlance: { readonly targets: readonly ListedTarget[] };
}

/** Flags of `parlance models`. */
export interface ModelsOptions {
  readonly config?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * `parlance models`: what a configuration names, or what a running gateway lists, with what each model can do and costs
 * where it can run.
 */
export async function listModels(options: ModelsOptions): Promise<void> {
  if (options.url !== undefined) return listRunning(options.url, options.json === true);
  const lines = await fromConfig(options.config);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(lines, undefined, 2)}\n`);
    return;
  }
  process.stdout.write(
    table(
      undefined,
      lines.map(({ name, targets }) => [name, targets.join(", ")]),
    ),
  );
  if (lines.length === 0) process.stderr.write(NONE);
}

const NONE = "No models are listed. Any can be called as provider/model.\n";

async function listRunning(url: string, json: boolean): Promise<void> {
  const response = await requestGateway(url, "/v1/models");
  const { data } = (await response.json()) as { data: readonly Listed[] };
  if (json) {
    const models = data.map(({ id, parlance }) => ({ name: id, ...parlance }));
    process.stdout.write(`${JSON.stringify(models, undefined, 2)}\n`);
    return;
  }
  const rows = data.flatMap(({ id, parlance }) => parlance.targets.map((target) => rowOf(id, target)));
  if (rows.length === 0) process.stderr.write(NONE);
  else process.stdout.write(table(["MODEL", "RUNS AT", "CONTEXT", "$/M IN", "$/M OUT", "CAN"], rows));
}

/** What is not known is a dash; a price that is not known is so by name, for it is not zero. */
function rowOf(model: string, target: ListedTarget): string[] {
  const { provider, upstream_model, context_window, abilities = [], price } = target;
  const { input, output } = price.rates ?? { input: "unpriced", output: "unpriced" };
  const context = context_window === undefined ? "-" : String(context_window);
  return [model, `${provider}/${upstream_model}`, context, input ?? "-", output ?? "-", abilities.join(", ") || "-"];
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
