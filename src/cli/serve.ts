import { problemLine } from "../config/problem.js";
import { warmUp } from "../core/warm-up.js";
import type { Config } from "../gen/parlance/config/v1/config_pb.js";
import { drainTimeOf, type RunningGateway, startGateway } from "../gateway.js";
import { CliError } from "./cli-error.js";
import { installationFolder, version } from "./installation.js";
import { openConfig } from "./open-config.js";
import { providerWarnings } from "./provider-warnings.js";
import { createReload, type Reload } from "./reload.js";
import { survivePlugins } from "./survive-plugins.js";
import { watchFile } from "./watch-file.js";
import { type ConfigFlags, withFlags } from "./with-flags.js";

/** Whoever waits for the gateway to be ready is not to wait for this. */
const WARM_UP_AFTER_MS = 250;

/** Flags of `parlance serve`. */
export interface ServeOptions extends ConfigFlags {
  readonly config?: string;
}

/**
 * Serves until SIGTERM or SIGINT; then drains, and a second signal ends at once. A configuration that changes is read
 * again, on SIGHUP too.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const opened = await openConfig(options.config);
  if (opened.snapshot === undefined) {
    throw new CliError(
      `The configuration is not valid:\n${opened.problems.map((problem) => `  ${problemLine(problem, opened.source)}`).join("\n")}`,
    );
  }
  const snapshot = withFlags(opened.snapshot, options);
  const gateway = await startGateway({
    snapshot,
    plugins: opened.plugins,
    version,
    adminKey: adminKeyOf(process.env),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(toSentence(error, options));
  });
  survivePlugins(gateway);
  // The first requests may come before, and find it as it would be without.
  setTimeout(() => void warmUp(), WARM_UP_AFTER_MS).unref();
  const reload = createReload({
    gateway,
    started: snapshot,
    // The file that was found: when it goes, another does not take its place unasked.
    open: (plugins) => openConfig(opened.file === undefined ? undefined : opened.source, plugins),
    plugins: opened.plugins,
    withFlags: (next) => withFlags(next, options),
  });
  process.on("SIGHUP", () => reload.request("SIGHUP"));
  drainOnSignals(gateway, () => drainTimeOf(reload.current().config));
  if (opened.file !== undefined) watchConfig(opened.file, gateway, reload);
  const warnings = providerWarnings(opened);
  process.stderr.write(banner(gateway, snapshot.config, opened.source, warnings));
}

/** The key of the operator's API. Throws where it could not be sent in a header, and so would lock everybody out. */
function adminKeyOf({ PARLANCE_ADMIN_KEY }: NodeJS.ProcessEnv): string | undefined {
  const key = PARLANCE_ADMIN_KEY?.trim();
  if (key === undefined || /^[\x21-\x7e]*$/.test(key)) return key;
  throw new CliError("PARLANCE_ADMIN_KEY holds no admin key: it must be one word of visible ASCII.");
}

function watchConfig(file: string, { record }: RunningGateway, reload: Reload): void {
  try {
    watchFile(file, () => reload.request("the file changed"));
  } catch (error) {
    // Such as a limit of the system's. It is no reason not to serve.
    record("warn", { msg: "configuration not watched", error_message: (error as Error).message });
  }
}

function drainOnSignals(gateway: RunningGateway, graceOf: () => number): void {
  let signals = 0;
  const onSignal = (signal: string): void => {
    signals += 1;
    const graceMs = graceOf();
    if (signals > 1) {
      process.stderr.write(`${signal} again: ending at once.\n`);
      gateway.flushLog();
      process.exit(0);
    }
    process.stderr.write(`${signal}: no new work; running requests may end within ${Math.round(graceMs / 1000)} s.\n`);
    void gateway.drain(graceMs).then(() => process.exit(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

/** Says what is configured. What the providers offer themselves is not asked: no plugin's code is imported to say hello. */
function banner(gateway: RunningGateway, config: Config, source: string, warnings: readonly string[]): string {
  const models = Object.keys(config.models).sort();
  const providers = Object.keys(config.providers).sort();
  const found = gateway.plugins();
  const used = new Set(Object.entries(config.providers).map(([name, { plugin = name }]) => plugin));
  // Those that are there in case somebody names them are counted; one that is faulty is told, for somebody
  // installed it. What keeps a provider from answering is among the warnings.
  const told = found.filter(({ name, state }) => used.has(name) || state === "failed");
  const others = found.length - told.length;
  const plugins = [
    ...told.map(
      ({ name, state, reason }) =>
        `${name} (${state}${reason === undefined || used.has(name) ? "" : `: ${reason.replace(installationFolder, ".")}`})`,
    ),
    ...(others > 0 ? [`${others} others to be had (parlance plugin list)`] : []),
  ];
  const { url } = gateway;
  return [
    `Parlance ${version} serves at ${url}`,
    "",
    `  gRPC, gRPC-Web, Connect   ${url}/parlance.v1.CompletionService`,
    `  OpenAI                    ${url}/v1`,
    `  Anthropic                 ${url}/v1/messages`,
    `  Gemini                    ${url}/v1beta/models`,
    `  passed on as they are     ${url}/openai/v1, ${url}/anthropic`,
    `  operators                 ${url}/admin/v1`,
    `  health                    ${url}/health, ${url}/ready`,
    "",
    `  configuration  ${source}`,
    `  plugins        ${plugins.join(", ")}`,
    ...(models.length === 0 ? [] : [`  models         ${fold(models)}`]),
    `  providers      ${providers.length === 0 ? "none" : `${fold(providers)}; any model of theirs is provider/model`}`,
    ...warnings.map((warning) => `  warning        ${warning.replace(installationFolder, ".")}`),
    "",
    `  Try: curl ${url}/v1/chat/completions -H 'content-type: application/json' \\`,
    `         -d '{"model":"${models[0] ?? playground(config) ?? "provider/model"}","messages":[{"role":"user","content":"Hello"}]}'`,
    "",
    "",
  ].join("\n");
}

/** A model that answers without a credential. */
function playground({ providers }: Config): string | undefined {
  const found = Object.entries(providers).find(([name, { plugin }]) => (plugin ?? name) === "simulator");
  return found && `${found[0]}/echo`;
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
