import { createHash } from "node:crypto";
import { toJson } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../gen/parlance/config/v1/config_pb.js";

/** One immutable, versioned configuration. */
export interface Snapshot {
  /** Twelve hexadecimal digits that change with any setting. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly loadedAt: number;
  readonly config: Config;
}

/** Freezes a checked configuration. Secrets go into the version only through a one-way hash. */
export function createSnapshot(config: Config, loadedAt: number): Snapshot {
  const text = JSON.stringify(sorted(toJson(ConfigSchema, config)));
  const version = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return Object.freeze({ version, loadedAt, config });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
