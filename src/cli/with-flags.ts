import { clone, create } from "@bufbuild/protobuf";
import { createSnapshot, type Snapshot } from "../config/snapshot.js";
import { ConfigSchema, LogConfigSchema, ServerConfigSchema } from "../gen/parlance/config/v1/config_pb.js";

/** Flags of `parlance serve` that win over the file. */
export interface ConfigFlags {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly logLevel?: string | undefined;
}

/** A snapshot with the flags in force, as if they were written in the file. */
export function withFlags(snapshot: Snapshot, { host, port, logLevel }: ConfigFlags): Snapshot {
  const config = clone(ConfigSchema, snapshot.config);
  if (host !== undefined || port !== undefined) {
    config.server ??= create(ServerConfigSchema);
    if (host !== undefined) config.server.host = host;
    if (port !== undefined) config.server.port = port;
  }
  if (logLevel !== undefined) {
    config.log ??= create(LogConfigSchema);
    config.log.level = logLevel;
  }
  return createSnapshot(config, snapshot.loadedAt);
}
