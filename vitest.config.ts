import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { recordingsFolder } from "./test/recordings.js";

const RECORDED = "**/*.recorded.test.ts";
/** Takes minutes: `npm run test:soak`. */
const SOAK = "**/*.soak.test.ts";
const NEVER = ["**/node_modules/**", "**/dist/**"];

const recordingsAreHere = existsSync(recordingsFolder);
if (process.env.PARLANCE_RECORDED === "required" && !recordingsAreHere) {
  process.stderr.write(`No recordings: ${recordingsFolder} does not exist. Set PARLANCE_FIXTURES to their folder.\n`);
  process.exit(1);
}

export default defineConfig({
  resolve: {
    // Tests run the sources: plugins see the SDK's own, so that a test never passes on a stale build.
    alias: [
      ["", "sdk/index.ts"],
      ["/dialects", "dialects/index.ts"],
      ["/testing", "sdk/testing/index.ts"],
      ["/serve", "sdk/serve.ts"],
    ].map(([end, file]) => ({
      find: new RegExp(`^@parlance/sdk${end}$`),
      replacement: fileURLToPath(new URL(`./src/${file}`, import.meta.url)),
    })),
  },
  test: {
    // A busy machine is no failure.
    testTimeout: 30_000,
    // Many tests wait for their own processes: a core kept free for the runner would only wait with them.
    maxWorkers: "100%",
    reporters: ["default", "./test/closing-line.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "plugins/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...NEVER, RECORDED, SOAK, "test/interop/**", "test/bench/**"],
        },
      },
      ...(process.env.PARLANCE_SOAK === undefined
        ? []
        : [{ extends: true as const, test: { name: "soak", include: [SOAK], exclude: NEVER } }]),
      ...(recordingsAreHere
        ? [{ extends: true as const, test: { name: "recorded", include: [RECORDED], exclude: NEVER } }]
        : []),
    ],
  },
});
