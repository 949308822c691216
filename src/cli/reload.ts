import { toJson } from "@bufbuild/protobuf";
import { type Problem, problemLine } from "../config/problem.js";
import type { Snapshot } from "../config/snapshot.js";
import type { RunningGateway } from "../gateway.js";
import { type ServerConfig, ServerConfigSchema, StoreConfigSchema } from "../gen/parlance/config/v1/config_pb.js";
import type { PluginRegistry } from "../loader/registry.js";
import { CliError } from "./cli-error.js";
import type { OpenedConfig } from "./open-config.js";

/** What a configuration is read again with. */
export interface ReloadOptions {
  readonly gateway: Pick<RunningGateway, "apply" | "record">;
  /** The snapshot that the gateway was started with. */
  readonly started: Snapshot;
  /** The plugins that the gateway was started with. */
  readonly plugins: PluginRegistry;
  /**
   * Reads the configuration as at the start; `plugins` are those in force. Throws a `CliError` when there is none to be
   * read.
   */
  readonly open: (plugins: PluginRegistry) => Promise<OpenedConfig>;
  /** Puts the flags of the command in force over it. */
  readonly withFlags: (snapshot: Snapshot) => Snapshot;
}

/** Reads a configuration again while it is served. */
export interface Reload {
  /** The snapshot in force. */
  current(): Snapshot;
  /** Reads it, and puts it in force or says in the log why not. Called while it reads, it reads once more. */
  request(why: string): void;
}

/** Settings of the listener that can change while it listens. */
const LIVE = new Set(["drain", "request_timeout"]);

/** A reload for a gateway that serves. */
export function createReload({ gateway, started, plugins: startedWith, open, withFlags }: ReloadOptions): Reload {
  let current = started;
  let inForce = startedWith;
  let wanted: string | undefined;
  let reading = false;

  const refuse = (why: string, problems: readonly string[]): void =>
    gateway.record("error", { msg: "configuration refused", why, config_version: current.version, problems });

  const read = async (why: string): Promise<void> => {
    const { snapshot, problems, source, plugins } = await open(inForce);
    if (snapshot === undefined)
      return refuse(
        why,
        problems.map((problem: Problem) => problemLine(problem, source)),
      );
    const next = withFlags(snapshot);
    if (next.version === current.version) {
      gateway.record("info", { msg: "configuration unchanged", why, config_version: current.version });
      return;
    }
    const waiting = changedSettings(started.config.server, next.config.server);
    if (storeOf(started) !== storeOf(next)) waiting.push("store");
    gateway.apply(next, plugins);
    gateway.record(waiting.length === 0 ? "info" : "warn", {
      msg: "configuration applied",
      why,
      config_version: next.version,
      previous_version: current.version,
      needs_restart: waiting.length === 0 ? undefined : waiting,
    });
    current = next;
    inForce = plugins;
  };

  const readAll = async (): Promise<void> => {
    reading = true;
    while (wanted !== undefined) {
      const why = wanted;
      wanted = undefined;
      await read(why).catch((error: Error) => {
        // Whatever is wrong with another configuration, this one serves on.
        refuse(why, [error instanceof CliError ? error.message : (error.stack ?? error.message)]);
      });
    }
    reading = false;
  };

  return {
    current: () => current,
    request(why) {
      wanted = why;
      if (!reading) void readAll();
    },
  };
}

function storeOf({ config }: Snapshot): string {
  return JSON.stringify(config.store === undefined ? {} : toJson(StoreConfigSchema, config.store));
}

/** Settings of the listener that are not those which it was started with, and that it cannot change while it listens. */
function changedSettings(started: ServerConfig | undefined, next: ServerConfig | undefined): string[] {
  const [before, after] = [started, next].map((server) =>
    server === undefined ? {} : (toJson(ServerConfigSchema, server, { useProtoFieldName: true }) as object),
  ) as [Record<string, unknown>, Record<string, unknown>];
  return ServerConfigSchema.fields
    .map(({ name }) => name)
    .filter((name) => !LIVE.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `server.${name}`);
}
