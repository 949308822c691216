import { writeFile } from "node:fs/promises";
import { chatDialects, embeddingDialects } from "../../dialects/index.js";
import { openSubjects } from "../../loader/open-subject.js";
import { CHECKS, type CheckResult, type Report, type Subject, testPlugin } from "../../sdk/testing/index.js";
import { CliError } from "../cli-error.js";
import { findPackage } from "./find-package.js";

/** Flags of `parlance plugin test`. */
export interface PluginTestOptions {
  readonly only?: string;
  /** File for the report. */
  readonly json?: string;
}

/** `parlance plugin test`: holds a plugin to every promise of the contract. Exit code 1 where one is not kept. */
export async function testPlugins(wanted: string, { only, json }: PluginTestOptions): Promise<void> {
  if (only !== undefined && !CHECKS.some(({ name }) => name === only)) {
    throw new CliError(`There is no check "${only}". There are: ${CHECKS.map(({ name }) => name).join(", ")}.`);
  }
  const reports: Report[] = [];
  for (const subject of await open(findPackage(wanted))) {
    print(`${subject.name}${subject.version === "" ? "" : ` ${subject.version}`}`);
    try {
      reports.push(await test(subject, only));
    } finally {
      await subject.close();
    }
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify(reports, undefined, 2)}\n`);
  if (reports.some(({ failed }) => failed > 0)) process.exitCode = 1;
}

async function open(directory: string): Promise<readonly Subject[]> {
  try {
    return await openSubjects(directory);
  } catch (thrown) {
    throw new CliError((thrown as Error).message);
  }
}

async function test(subject: Subject, only: string | undefined): Promise<Report> {
  const dialects = { chat: chatDialects, embeddings: embeddingDialects };
  const report = await testPlugin(subject, { dialects, only, onResult: (result) => print(linesOf(result)) });
  const { passed, failed, unsupported, ms } = report;
  print(`${passed} passed, ${failed} failed, ${unsupported} declared unsupported, in ${(ms / 1000).toFixed(1)} s\n`);
  return report;
}

function linesOf({ name, promise, state, expected, came, reason }: CheckResult): string {
  if (state === "passed") return `  passed       ${name}`;
  if (state === "unsupported") return `  unsupported  ${name}: ${reason}`;
  return `  FAILED       ${name}: ${promise}\n    expected: ${expected}\n    came:     ${came}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
