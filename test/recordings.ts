import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "@bufbuild/protobuf";

/** One recorded exchange with a real provider. */
export interface Recording {
  readonly id: string;
  /** Path of its file below the folder of recordings. */
  readonly file: string;
  readonly provider: string;
  /** Such as `chat`, `compat.chat`, `messages`, `embeddings`. */
  readonly api: string;
  readonly scenario: string;
  readonly tags: readonly string[];
  readonly source: { readonly fidelity: string };
  readonly request: {
    readonly method: string;
    readonly url_path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: JsonValue;
    /** False where only the answer was recorded. */
    readonly recorded?: boolean;
    /** How many pieces of the request were cut out of the recording. */
    readonly elided?: number;
  };
  /** Exactly one of the bodies is there. */
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: JsonValue;
    readonly sse?: string;
    readonly ndjson?: string;
    readonly text?: string;
    /** Amazon's binary event stream, and beside it what its frames hold. */
    readonly base64?: string;
    readonly eventstream_decoded?: readonly { readonly event: string; readonly payload: JsonValue }[];
    /** Payloads of such a stream's frames, each under the name of its event, where the frames were not recorded. */
    readonly chunks?: readonly Readonly<Record<string, JsonValue>>[];
  };
}

/** The folder of recordings: `PARLANCE_FIXTURES`, or `shared/fixtures` beside the repository. */
export const recordingsFolder: string =
  process.env.PARLANCE_FIXTURES ?? join(dirname(fileURLToPath(import.meta.url)), "../../shared/fixtures");

/**
 * The recordings of some providers and APIs, in the order of the manifest. Absent means any.
 * Throws when there are none, so that a test over them cannot pass by seeing nothing.
 */
export function recordings(
  wanted: { provider?: string | readonly string[]; api?: string | readonly string[] } = {},
): Recording[] {
  const manifest = join(recordingsFolder, "manifest.tsv");
  if (!existsSync(manifest)) throw new Error(`no recordings: ${manifest} does not exist. Set PARLANCE_FIXTURES.`);
  const [head = "", ...rows] = readFileSync(manifest, "utf8").trimEnd().split("\n");
  const names = head.split("\t");
  const found = rows
    .map((row) => row.split("\t"))
    .filter(
      (row) => fits(wanted.provider, row[names.indexOf("provider")]) && fits(wanted.api, row[names.indexOf("api")]),
    )
    .map((row) => {
      const file = row[names.indexOf("file")] as string;
      return { ...(JSON.parse(readFileSync(join(recordingsFolder, file), "utf8")) as Recording), file };
    });
  if (found.length === 0) throw new Error(`no recordings of ${JSON.stringify(wanted)} in ${recordingsFolder}`);
  return found;
}

function fits(wanted: string | readonly string[] | undefined, value: string | undefined): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === "string" ? wanted === value : wanted.includes(value as string);
}
