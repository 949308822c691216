import { readFile, writeFile } from "node:fs/promises";
import { chatDialects, embeddingDialects } from "../../dialects/index.js";
import { openAddress } from "../../loader/open-address.js";
import { openSubjects } from "../../loader/open-subject.js";
import type { Isolation } from "../../loader/remote/placement.js";
import { CHECKS, type CheckResult, type Report, type Subject, testPlugin } from "../../sdk/testing/index.js";
import { CliError } from "../cli-error.js";
import { findPackage } from "./find-package.js";

/** Flags of `parlance plugin test`. */
export interface PluginTestOptions {
  readonly only?: string;
  /** File for the report. */
  readonly json?: string;
  readonly isolation?: Isolation;
  /** Files and folder for a plugin at an address. */
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly recordings?: string;
}

/** `parlance plugin test`: holds a plugin to every promise of the contract. Exit code 1 where one is not kept. */
export async function testPlugins(wanted: string, options: PluginTestOptions): Promise<void> {
  const { only, json } = options;
  if (only !== undefined && !CHECKS.some(({ name }) => name === only)) {
    throw new CliError(`There is no check "${only}". There are: ${CHECKS.map(({ name }) => name).join(", ")}.`);
  }
  const reports: Report[] = [];
  for (const subject of await open(wanted, options)) {
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

async function open(wanted: string, options: PluginTestOptions): Promise<readonly Subject[]> {
  const { isolation, tokenFile, caFile, recordings } = options;
  const isAddress = ADDRESS.test(wanted);
  const [stray] = Object.entries(isAddress ? { isolation } : { tokenFile, caFile, recordings })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name.replace("File", "-file")}`);
  if (stray !== undefined) {
    throw new CliError(`${stray} is for ${isAddress ? "a package" : "an address, such as unix:/path"}.`);
  }
  const directory = isAddress ? "" : findPackage(wanted);
  try {
    if (!isAddress) return await openSubjects(directory, isolation);
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim();
    return [await openAddress({ address: wanted, token, caFile, recordings })];
  } catch (thrown) {
    throw new CliError((thrown as Error).message);
  }
}

const ADDRESS = /^(?:unix:\/|https?:\/\/)/;

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
