import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { chatDialects, embeddingDialects } from "../../src/dialects/index.js";
import { openSubjects } from "../../src/loader/open-subject.js";
import { type Subject, testPlugin } from "../../src/sdk/testing/index.js";

const folder = fileURLToPath(new URL("../../plugins", import.meta.url));
const packages = readdirSync(folder).filter((name) => existsSync(join(folder, name, "package.json")));
const subjects = (await Promise.all(packages.map(subjectsOf))).flat();

describe("the conformance kit", () => {
  it.each(subjects.map((subject) => [subject.name, subject] as const))(
    "finds that %s keeps every promise that it gives",
    { timeout: 120_000 },
    async (_name, subject) => {
      const dialects = { chat: chatDialects, embeddings: embeddingDialects };
      const report = await testPlugin(subject, { dialects });
      await subject.close();
      expect(report.checks.filter(({ state }) => state === "failed")).toEqual([]);
      expect(report.passed).toBeGreaterThan(subject.conformance.upstream ? 30 : 15);
    },
  );
});

/** The plugins of a package; of rows that differ in nothing but whom they stand for, the first. */
async function subjectsOf(name: string): Promise<Subject[]> {
  const found = await openSubjects(join(folder, name));
  const rows = join(folder, name, "rows.json");
  if (!existsSync(rows)) return found;
  const shapes = new Map<string, string>();
  for (const row of JSON.parse(readFileSync(rows, "utf8")) as Record<string, unknown>[]) {
    const { name: rowName, dialect, quirks, settings, embeddings } = row;
    const shape = JSON.stringify([dialect, quirks, settings, embeddings !== undefined]);
    if (!shapes.has(shape)) shapes.set(shape, String(rowName));
  }
  const first = new Set(shapes.values());
  return found.filter((subject) => first.has(subject.name));
}
