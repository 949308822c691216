import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Program, startProgram } from "./program.js";

/** `parlance serve` as a process of its own, in a folder of its own. */
export interface Serving extends Program {
  readonly url: string;
  readonly cwd: string;
  /**
   * Its log so far, one record for each line, but for those that tell once that a model has no price: hardly a test's model
   * has one. Throws where a line is no JSON.
   */
  records(): Record<string, unknown>[];
  /** Ends it, if it has not ended, and removes its folder. */
  remove(): Promise<void>;
}

/** Serves a configuration on a free port; resolves once it listens. `environment`: variables beside `PATH`. */
export async function startServing(
  yaml: string | undefined,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const cwd = mkdtempSync(join(tmpdir(), "parlance-serve-"));
  if (yaml !== undefined) writeFileSync(join(cwd, "parlance.yaml"), yaml);
  const program = startProgram(["serve", "--port", "0", ...flags], { cwd, environment });
  const [, url = ""] = await program.said("error", /serves at (\S+)\n[^]*\n\n$/);
  return {
    ...program,
    url,
    cwd,
    records: () =>
      program
        .out()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg !== "unpriced"),
    async remove() {
      program.signal("SIGKILL");
      await program.ended;
      rmSync(cwd, { recursive: true });
    },
  };
}
