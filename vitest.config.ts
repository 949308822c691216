import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // Tests run the sources: plugins see the SDK's own, so that a test never passes on a stale build.
    alias: { "@parlance/sdk": fileURLToPath(new URL("./src/sdk/index.ts", import.meta.url)) },
  },
});
