import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULTS } from "../config/defaults.js";
import { LOG_LEVELS } from "../config/log-levels.js";
import type { ChatOptions } from "./chat.js";
import { CliError } from "./cli-error.js";
import type { CheckOptions } from "./config-check.js";
import { version } from "./installation.js";
import type { ModelsOptions } from "./models.js";
import { addLifeCommands } from "./plugin/life-commands.js";
import { addPackageCommands } from "./plugin/package-commands.js";
import { addTestCommand } from "./plugin/test-command.js";
import type { ExplainOptions } from "./route/explain.js";
import type { ServeOptions } from "./serve.js";
import { addTargetCommands } from "./target/add-commands.js";
import { routeKind } from "./target/route-kind.js";
import { targetKind } from "./target/target-kind.js";

/**
 * The command line. Exit codes: 0 all went well, 1 something is wrong with the configuration or the call, 2 the command
 * was not understood.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads has heard enough, such as `head`.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    await program.parseAsync(argv);
  } catch (thrown) {
    if (!(thrown instanceof CliError)) throw thrown;
    process.stderr.write(`parlance: ${thrown.message}\n`);
    process.exitCode = 1;
  }
}

// A command's modules are loaded when it runs: the server's are of no use to the others, and take their time.
function createProgram(): Command {
  const program = new Command("parlance")
    .description("A typed gateway to large language models.")
    .version(version)
    .showHelpAfterError()
    // commander ends with 1 where the words are off; 1 is for configurations here.
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const configOption = [
    "-c, --config <file>",
    "configuration (default: parlance.yaml, parlance.yml or parlance.json here, else none)",
  ] as const;
  const urlOption = ["--url <url>", "address of a running gateway"] as const;
  const defaultUrl = `http://${DEFAULTS.host}:${DEFAULTS.port}`;

  program
    .command("serve")
    .description("serve every door on one port")
    .option(...configOption)
    .option("--host <host>", `address to listen on (default: server.host, ${DEFAULTS.host})`, toHost)
    .option(
      "--port <port>",
      `port to listen on, 0 for any that is free (default: server.port, ${DEFAULTS.port})`,
      toPort,
    )
    .addOption(new Option("--log-level <level>", "least level that is logged").choices([...LOG_LEVELS]))
    .action(async (options: ServeOptions) => (await import("./serve.js")).serve(options));
  const config = program.command("config").description("work with configurations");
  config
    .command("check")
    .description("tell everything that is wrong with a configuration")
    .option(...configOption)
    .option("--json", "as JSON")
    .action(async (options: CheckOptions) => (await import("./config-check.js")).checkConfig(options));
  const plugin = program.command("plugin").description("work with plugins");
  program
    .command("models")
    .description("list the models of a configuration, or of a running gateway")
    .option(...configOption)
    .option(...urlOption)
    .option("--json", "as JSON")
    .action(async (options: ModelsOptions) => (await import("./models.js")).listModels(options));
  program
    .command("chat")
    .description("talk to a model through a running gateway; without a prompt, turn by turn")
    .argument("[prompt...]", "what to say; `-` or a pipe reads standard input")
    .option("-m, --model <model>", "model to ask", "simulator/echo")
    .option("-s, --system <text>", "instructions for the model")
    .option(urlOption[0], urlOption[1], defaultUrl)
    .action(async (words: string[], options: ChatOptions) => (await import("./chat.js")).chat(words, options));
  const target = program
    .command("target")
    .description("see which targets of a running gateway are called, and decide it");
  addTargetCommands(target, targetKind, { url: urlOption, defaultUrl });
  const route = program.command("route").description("work with routes");
  addTargetCommands(route, routeKind, { url: urlOption, defaultUrl });
  route
    .command("explain")
    .description("tell where a request would go, and why, without calling any provider")
    .argument("<model>", "model that is asked for")
    .option("--prompt <text>", "what would be said", "Hello")
    .option(
      "--file <file>",
      "the request, as JSON in OpenAI's words, in the place of a prompt; `-` reads standard input",
    )
    .option("--strategy <strategy>", "as the header x-parlance-strategy")
    .option("--tag <tag>", "only targets that have it; may be repeated", gather, [])
    .option("--region <region>", "only targets of this region")
    .option("--header <name=value>", "a header of the request; may be repeated", gather, [])
    .option("--json", "as JSON")
    .option(urlOption[0], `${urlOption[1]} (default: ${defaultUrl}, unless there is --config)`)
    .option("-c, --config <file>", "plan from this configuration; no gateway need run")
    .action(async (model: string, options: ExplainOptions) =>
      (await import("./route/explain.js")).explainRoute(model, { ...options, defaultUrl }),
    );
  addPackageCommands(plugin, configOption);
  addTestCommand(plugin);
  addLifeCommands(plugin, { config: configOption, url: urlOption, defaultUrl });
  return program;
}

function gather(one: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, one];
}

function toHost(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty. Write 0.0.0.0 or :: for every address.");
  return text;
}

function toPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("It must be a number from 0 to 65535.");
  return port;
}
