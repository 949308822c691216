import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openSubjects } from "../../src/loader/open-subject.js";
import { type Report, testPlugin } from "../../src/sdk/testing/index.js";

const here = fileURLToPath(new URL(".", import.meta.url));
// Inside the repository, so that the SDK is found from there.
const cache = fileURLToPath(new URL("../../.cache", import.meta.url));
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "conformance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each is named after the one promise that it breaks. */
const broken = readdirSync(join(here, "broken")).map((file) => basename(file, ".js"));

async function reportOf(name: string): Promise<Report> {
  const directory = join(folder, name);
  cpSync(join(here, "acme"), directory, { recursive: true });
  if (name !== "acme") cpSync(join(here, "broken", `${name}.js`), join(directory, "index.js"));
  const [subject] = await openSubjects(directory);
  return testPlugin(subject);
}

const failedOf = ({ checks }: Report): string[] =>
  checks.filter(({ state }) => state === "failed").map(({ name, expected, came }) => `${name}: ${expected}; ${came}`);

describe("the conformance kit", () => {
  it("finds nothing wrong with a plugin of a made-up API that speaks for itself", { timeout: 120_000 }, async () => {
    const report = await reportOf("acme");
    expect(failedOf(report)).toEqual([]);
    expect(report).toMatchObject({ failed: 0, unsupported: 0 });
  });

  it("has at least twelve broken plugins to prove that it bites", () => {
    expect(broken.length).toBeGreaterThanOrEqual(12);
  });

  it.each(broken)("finds that one plugin breaks the promise %s and no other", { timeout: 120_000 }, async (name) => {
    const failed = failedOf(await reportOf(name));
    expect(failed.map((line) => line.split(":")[0])).toEqual([name]);
  });
});
