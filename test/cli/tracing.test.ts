import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildProgram, type Program, startProgram } from "../kits/program.js";

const require = createRequire(import.meta.url);
let folder: string;
let program: Program;

beforeAll(() => {
  buildProgram();
  folder = mkdtempSync(join(tmpdir(), "parlance-tracing-"));
  const from = (name: string): string => JSON.stringify(pathToFileURL(require.resolve(name)).href);
  writeFileSync(
    join(folder, "tracing.mjs"),
    `
import api from ${from("@opentelemetry/api")};
import sdk from ${from("@opentelemetry/sdk-trace-base")};
const exporter = {
  export: (spans, done) => {
    for (const span of spans) process.stderr.write(\`SPAN \${span.name} \${span.attributes["parlance.target"]}\\n\`);
    done({ code: 0 });
  },
  shutdown: async () => {},
};
api.trace.setGlobalTracerProvider(
  new sdk.BasicTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] }),
);
`,
  );
}, 120_000);

afterAll(async () => {
  program.signal("SIGTERM");
  await program.ended;
  rmSync(folder, { recursive: true });
});

it("a tracer provider that is registered beside the program gets the spans of its exchanges", async () => {
  program = startProgram(["serve", "--port", "0", "--log-level", "silent"], {
    cwd: folder,
    environment: { NODE_OPTIONS: `--import ${pathToFileURL(join(folder, "tracing.mjs")).href}` },
  });
  const [, url = ""] = await program.said("error", /serves at (\S+)/);
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "simulator/echo", messages: [{ role: "user", content: "Hi" }] }),
  });
  expect(response.status).toBe(200);
  await program.said("error", /SPAN parlance\.exchange simulator\/echo/);
});
