import { setTimeout as pause } from "node:timers/promises";
import { askAdmin } from "../plugin/admin-client.js";
import type { Kind } from "./kind.js";
import { getOne, needed, pathOf, type SeeOptions, tell } from "./see.js";

/** Flags of the commands that change something. */
export interface ChangeOptions extends SeeOptions {
  /** How long a trip lasts, as `30s`. */
  readonly for?: string;
  /** Whether a drain is waited for. */
  readonly wait?: boolean;
}

/** Between two looks at what still runs, in milliseconds. */
const LOOK_EVERY_MS = 500;

/** `parlance target | route trip | reset | drain`: tells what it was done to as it is then. */
export async function change<Item>(
  kind: Kind<Item>,
  verb: "trip" | "reset" | "drain",
  name: string,
  options: ChangeOptions,
): Promise<void> {
  const body = options.for === undefined ? {} : { duration: options.for };
  const answer = await askAdmin("POST", `${pathOf(kind, name)}:${verb}`, kind.one.schema, options, body);
  let item = needed(kind.one.read(answer), kind);
  let told = 0;
  while (options.wait === true && kind.inFlight(item) > 0) {
    const running = kind.inFlight(item);
    if (running !== told)
      process.stderr.write(`${name}: ${running} ${running === 1 ? "attempt runs" : "attempts run"}\n`);
    told = running;
    await pause(LOOK_EVERY_MS);
    item = await getOne(kind, name, options);
  }
  tell(kind, item, options);
}
