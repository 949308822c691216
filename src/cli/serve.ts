import { create } from "@bufbuild/protobuf";
import { problemLine } from "../config/problem.js";
import { createSnapshot } from "../config/snapshot.js";
import { warmUp } from "../core/warm-up.js";
import { drainTimeOf, type RunningGateway, startGateway } from "../gateway.js";
import { LogConfigSchema, ServerConfigSchema } from "../gen/parlance/config/v1/config_pb.js";
import { CliError } from "./cli-error.js";
import { installationFolder, version } from "./installation.js";
import { openConfig } from "./open-config.js";

/** Flags of `parlance serve`; they win over the file. */
export interface ServeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly logLevel?: string;
}

/** Serves until SIGTERM or SIGINT; then drains, and a second signal ends at once. */
export async function serve(options: ServeOptions): Promise<void> {
  const opened = await openConfig(options.config);
  if (opened.snapshot === undefined) {
    throw new CliError(
      `The configuration is not valid:\n${opened.problems.map((problem) => `  ${problemLine(problem, opened.source)}`).join("\n")}`,
    );
  }
  const { config, loadedAt } = opened.snapshot;
  config.server ??= create(ServerConfigSchema);
  if (options.host !== undefined) config.server.host = options.host;
  if (options.port !== undefined) config.server.port = options.port;
  if (options.logLevel !== undefined) {
    config.log ??= create(LogConfigSchema);
    config.log.level = options.logLevel;
  }
  await warmUp();
  const gateway = await startGateway({
    snapshot: createSnapshot(config, loadedAt),
    plugins: opened.plugins,
    version,
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(toSentence(error, options));
  });
  drainOnSignals(gateway, drainTimeOf(config));
  process.stderr.write(await banner(gateway, opened.source));
}

function drainOnSignals(gateway: RunningGateway, graceMs: number): void {
  let signals = 0;
  const onSignal = (signal: string): void => {
    signals += 1;
    if (signals > 1) {
      process.stderr.write(`${signal} again: ending at once.\n`);
      process.exit(0);
    }
    process.stderr.write(`${signal}: no new work; running requests may end within ${Math.round(graceMs / 1000)} s.\n`);
    void gateway.drain(graceMs).then(() => process.exit(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

async function banner(gateway: RunningGateway, source: string): Promise<string> {
  const models = (await gateway.models()).map(({ name }) => name);
  const plugins = gateway
    .plugins()
    .map(
      ({ name, state, reason }) =>
        `${name} (${state}${reason === undefined ? "" : `: ${reason.replace(installationFolder, ".")}`})`,
    );
  const { url } = gateway;
  return [
    `Parlance ${version} serves at ${url}`,
    "",
    `  gRPC, gRPC-Web, Connect   ${url}/parlance.v1.CompletionService`,
    `  OpenAI                    ${url}/v1`,
    `  health                    ${url}/health, ${url}/ready`,
    "",
    `  configuration  ${source}`,
    `  plugins        ${plugins.join(", ")}`,
    `  models         ${models.length === 0 ? "none listed; call provider/model" : fold(models)}`,
    "",
    `  Try: curl ${url}/v1/chat/completions -H 'content-type: application/json' \\`,
    `         -d '{"model":"${models[0] ?? "provider/model"}","messages":[{"role":"user","content":"Hello"}]}'`,
    "",
    "",
  ].join("\n");
}

const SHOWN = 12;

function fold(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function toSentence(error: NodeJS.ErrnoException, options: ServeOptions): string {
  if (error.code === "EADDRINUSE")
    return `The port is taken (${error.message}). Choose another with --port, 0 for any that is free.`;
  if (error.code === "EACCES") return `The port may not be used (${error.message}). Choose one above 1023.`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return `There is no address ${options.host ?? ""} on this machine.`;
  throw error;
}
