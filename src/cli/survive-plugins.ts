import type { PluginStatus } from "../loader/plugin-entry.js";
import type { WriteRecord } from "../core/write-record.js";

/** What is told of, and whose plugins there are. */
export interface Survivor {
  readonly record: WriteRecord;
  plugins(): readonly PluginStatus[];
  /** A text without the credentials of the providers. */
  hide(text: string): string;
  flushLog(): void;
}

/**
 * Keeps the gateway serving when a plugin in its thread lets a promise fail that nobody waits for, or throws where nobody
 * catches it: the log says whose doing it was. A throw that no plugin's code is part of ends the process, as it does
 * without this, since nobody knows what it has left undone.
 */
export function survivePlugins(gateway: Survivor): void {
  process.on("unhandledRejection", (reason) => {
    gateway.record("error", { msg: "unhandled rejection", ...told(reason, gateway) });
  });
  process.on("uncaughtException", (error) => {
    const record = told(error, gateway);
    gateway.record("error", { msg: "uncaught exception", ...record });
    if (record.plugin !== undefined) return;
    process.stderr.write(`${record.stack}\n`);
    gateway.flushLog();
    process.exit(1);
  });
}

function told(
  thrown: unknown,
  gateway: Survivor,
): { plugin: string | undefined; error_message: string; stack: string } {
  const stack = gateway.hide(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  const error = gateway.hide(thrown instanceof Error ? thrown.message : String(thrown));
  // The innermost call that lies in a plugin's directory is the one that could have prevented it.
  const lines = stack.split("\n");
  const owners = gateway.plugins().filter(({ directory }) => directory !== "");
  const owner = lines
    .map((line) => owners.find(({ directory }) => line.includes(`${directory}/`)))
    .find((found) => found !== undefined);
  return { plugin: owner?.name, error_message: error, stack };
}
