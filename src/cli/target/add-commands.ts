import { type Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../../config/duration.js";
import { type CommonOptions, KEY_FILE } from "../plugin/life-commands.js";
import type { ChangeOptions } from "./change.js";
import type { Kind } from "./kind.js";
import type { SeeOptions } from "./see.js";

/** Adds `list | get | watch | trip | reset | drain` of targets or routes. */
export function addTargetCommands<Item>(
  command: Command,
  kind: Kind<Item>,
  { url, defaultUrl }: Pick<CommonOptions, "url" | "defaultUrl">,
): void {
  const { word, nameIs } = kind;
  const add = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option(url[0], url[1], defaultUrl)
      .option(...KEY_FILE)
      .option("--json", "as JSON");
  const of = word === "target" ? "it" : "all of its targets";
  add("list", `list the ${word}s of a running gateway`).action(async (options: SeeOptions) =>
    (await import("./see.js")).list(kind, options),
  );
  add("get", `tell all about a ${word}`)
    .argument("<name>", nameIs)
    .action(async (name: string, options: SeeOptions) => (await import("./see.js")).get(kind, name, options));
  add("watch", `tell every ${word} now, and each again when it changes, until Ctrl-C`).action(
    async (options: SeeOptions) => (await import("./see.js")).watch(kind, options),
  );
  const trip = add("trip", `open the breaker of ${of}, so that no call is made`).argument("<name>", nameIs);
  if (word === "target")
    trip.option("--for <duration>", "how long (default: as its breaker is configured)", toDuration);
  trip.action(async (name: string, options: ChangeOptions) =>
    (await import("./change.js")).change(kind, "trip", name, options),
  );
  add("reset", `close the breaker of ${of}, let credentials in again, end a drain`)
    .argument("<name>", nameIs)
    .action(async (name: string, options: ChangeOptions) =>
      (await import("./change.js")).change(kind, "reset", name, options),
    );
  add("drain", `let ${of} run out: what runs ends, and nothing begins until a reset`)
    .argument("<name>", nameIs)
    .option("--wait", "end only when nothing runs any more")
    .action(async (name: string, options: ChangeOptions) =>
      (await import("./change.js")).change(kind, "drain", name, options),
    );
}

/** In seconds, as the API has it. */
function toDuration(text: string): string {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError("It must be a duration such as 30s or 10m.");
  return `${milliseconds / 1000}s`;
}
