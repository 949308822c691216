import { createHash } from "node:crypto";
import { toJson } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../gen/parlance/config/v1/config_pb.js";

/** One immutable, versioned configuration. */
export interface Snapshot {
  /** Twelve hexadecimal digits that change with any setting, and with nothing else. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly loadedAt: number;
  /** Frozen to its last member: whoever wants another makes another snapshot. */
  readonly config: Config;
}

/** Freezes a checked configuration. Secrets go into the version only through a one-way hash. */
export function createSnapshot(config: Config, loadedAt: number): Snapshot {
  const text = JSON.stringify(sorted(toJson(ConfigSchema, config)));
  const version = createHash("sha256").update(text).digest("hex").slice(0, 12);
  freeze(config);
  return Object.freeze({ version, loadedAt, config });
}

/** The same settings have one text, in whatever order a file has them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}
