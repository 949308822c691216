import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { chatDialects, embeddingDialects } from "../../src/dialects/index.js";
import { openSubjects } from "../../src/loader/open-subject.js";
import type { Row } from "../../src/loader/row.js";
import { type Report, type Subject, testPlugin } from "../../src/sdk/testing/index.js";

const folder = fileURLToPath(new URL("../../plugins", import.meta.url));
const packages = readdirSync(folder).filter((name) => existsSync(join(folder, name, "package.json")));
const inProcess = await subjectsAt("in_process");
const outOfProcess = await subjectsAt("process");
const rows = packages.flatMap((name) => rowsOf(name));
const firstOfShape = new Map(rows.toReversed().map((row) => [shapeOf(row), row.name]));
const isAlike = ({ name }: Subject): boolean =>
  rows.some((row) => row.name === name) && ![...firstOfShape.values()].includes(name);

// Side by side: most of the time of a run is waiting.
describe.concurrent("the conformance kit", { timeout: 120_000 }, () => {
  it.each(named(inProcess.filter((subject) => !isAlike(subject))))(
    "finds that %s keeps every promise that it gives",
    async (_name, subject) => {
      const report = await test(subject);
      expect(failedOf(report)).toEqual([]);
      expect(report.passed).toBeGreaterThan(subject.conformance.upstream ? 30 : 15);
    },
  );

  it.each(named(outOfProcess.filter((subject) => !isAlike(subject))))(
    "finds that %s keeps every promise that it gives in a process of its own",
    async (_name, subject) => {
      const report = await test(subject);
      expect(failedOf(report)).toEqual([]);
      expect(report.passed).toBeGreaterThan(subject.conformance.upstream ? 30 : 15);
    },
  );

  it.each(named(inProcess.filter(isAlike)))(
    "finds that %s loses nothing in silence, by which alone it differs from other rows",
    async (_name, subject) => {
      const { checks } = await test(subject, "losses-told");
      expect(checks).toMatchObject([{ name: "losses-told", state: "passed" }]);
    },
  );
});

async function subjectsAt(place: "in_process" | "process"): Promise<Subject[]> {
  return (await Promise.all(packages.map((name) => openSubjects(join(folder, name), place)))).flat();
}

function named(subjects: readonly Subject[]): [string, Subject][] {
  return subjects.map((subject) => [subject.name, subject]);
}

async function test(subject: Subject, only?: string): Promise<Report> {
  const dialects = { chat: chatDialects, embeddings: embeddingDialects };
  try {
    return await testPlugin(subject, { dialects, only });
  } finally {
    await subject.close();
  }
}

const failedOf = ({ checks }: Report) => checks.filter(({ state }) => state === "failed");

function rowsOf(name: string): Row[] {
  const file = join(folder, name, "rows.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Row[]) : [];
}

/** What of a row makes its calls and answers other ones than those of another; how it spells a request is for `losses-told`. */
function shapeOf({ chat, embeddings, headers, api_key_header: keyHeader, settings }: Row): string {
  const counts = chat.token_count_path !== undefined;
  return JSON.stringify([chat.dialect, counts, embeddings?.dialect, headers, keyHeader, settings !== undefined]);
}
