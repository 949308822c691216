import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { faultsPage } from "./page.js";

describe("docs/faults.md", () => {
  it("is what the wall expects: `npx vitest run test/e2e/wall/page.test.ts -u` writes it", async () => {
    await expect(faultsPage()).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/faults.md", import.meta.url)));
  });
});
