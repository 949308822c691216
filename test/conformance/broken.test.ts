import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openSubjects } from "../../src/loader/open-subject.js";
import { type Place, type Report, testPlugin } from "../../src/sdk/testing/index.js";

const here = fileURLToPath(new URL(".", import.meta.url));
// Inside the repository, so that the SDK is found from there.
const cache = fileURLToPath(new URL("../../.cache", import.meta.url));
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "conformance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each is named after the one promise that it breaks. */
const broken = readdirSync(join(here, "broken")).map((file) => basename(file, ".js"));

async function reportOf(name: string, place: Exclude<Place, "address"> = "in_process"): Promise<Report> {
  const directory = join(folder, `${name}-${place}`);
  cpSync(join(here, "acme"), directory, { recursive: true });
  if (name !== "acme") cpSync(join(here, "broken", `${name}.js`), join(directory, "index.js"));
  const [subject] = await openSubjects(directory, place);
  return testPlugin(subject);
}

const failedOf = ({ checks }: Report): string[] =>
  checks.filter(({ state }) => state === "failed").map(({ name, expected, came }) => `${name}: ${expected}; ${came}`);

const unsupportedOf = ({ checks }: Report): string[] =>
  checks.filter(({ state }) => state === "unsupported").map(({ name }) => name);

// Side by side: most of the time of a run is waiting.
describe.concurrent("the conformance kit", { timeout: 120_000 }, () => {
  it.each([
    ["in_process", []],
    ["worker", ["memory-steady", "no-environment", "close-ends"]],
    ["process", ["memory-steady", "no-environment"]],
  ] as const)("finds nothing wrong with a plugin that speaks for itself (%s)", async (place, unsupported) => {
    const report = await reportOf("acme", place);
    expect(failedOf(report)).toEqual([]);
    expect(unsupportedOf(report)).toEqual(unsupported);
  });

  it("has at least twelve broken plugins to prove that it bites", () => {
    expect(broken.length).toBeGreaterThanOrEqual(12);
  });

  it.each(broken)("finds that one plugin breaks the promise %s and no other", async (name) => {
    const failed = failedOf(await reportOf(name));
    expect(failed.map((line) => line.split(":")[0])).toEqual([name]);
  });

  it.each(["worker", "process"] as const)("reads what a plugin prints that runs elsewhere (%s)", async (place) => {
    const failed = failedOf(await reportOf("output-canary", place));
    expect(failed).toEqual(["output-canary: no output that holds the credential; a line with it"]);
  });

  it("bites a plugin in a process of its own as it does one that is not", async () => {
    const failed = failedOf(await reportOf("no-retry", "process"));
    expect(failed.map((line) => line.split(":")[0])).toEqual(["no-retry"]);
  });
});
