import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { chatDialects, embeddingDialects } from "../../src/dialects/index.js";
import { openSubject } from "../../src/loader/open-subject.js";
import { testPlugin } from "../../src/sdk/testing/index.js";

const folder = fileURLToPath(new URL("../../plugins", import.meta.url));
const plugins = readdirSync(folder).filter((name) => existsSync(join(folder, name, "package.json")));

describe("the conformance kit", () => {
  it.each(plugins)("finds that %s keeps every promise that it gives", { timeout: 120_000 }, async (name) => {
    const subject = await openSubject(join(folder, name));
    const dialects = { chat: chatDialects, embeddings: embeddingDialects };
    const report = await testPlugin(subject, { dialects });
    await subject.close();
    expect(report.checks.filter(({ state }) => state === "failed")).toEqual([]);
    expect(report.passed).toBeGreaterThan(10);
  });
});
