import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DEFAULTS } from "../src/config/defaults.js";
import { parseDuration } from "../src/config/duration.js";
import { fieldPaths } from "../src/config/places-of.js";
import { discover } from "../src/loader/discover.js";
import { fidelityPage } from "../src/dialects/fidelity/page.js";
import { translatedDialects } from "../src/dialects/index.js";
import { ConfigSchema } from "../src/gen/parlance/config/v1/config_pb.js";
import { problemsOf } from "./support/config-problems.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const page = read("docs/configuration.md");

/** What the page says of a setting: its type, its default and its meaning. */
function rowOf(setting: string): readonly [string, string, string] {
  const line = page.split("\n").find((row) => row.startsWith(`| \`${setting}\` |`));
  if (line === undefined) throw new Error(`docs/configuration.md says nothing of ${setting}`);
  const [type = "", absent = "", meaning = ""] = line.split(" | ").slice(1);
  return [type, absent, meaning];
}

/** What a script of docs/ makes of the repository as it is. */
function made(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), "parlance-docs-"));
  try {
    const output = join(folder, "page.md");
    const { status, stderr } = spawnSync(process.execPath, [script, output], { cwd: root, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return readFileSync(output, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("docs/configuration.md", () => {
  it("is what `npm run generate` makes", () => {
    expect(page).toBe(made("docs/generate.mjs"));
  });

  it("tells every setting", () => {
    const settings = fieldPaths(ConfigSchema).map((path) => path.replace(/\[\]$/, ""));
    expect(settings.length).toBeGreaterThan(30);
    for (const setting of settings) expect(rowOf(setting).every((cell) => cell.trim() !== "")).toBe(true);
  });

  it("tells the defaults that are in force", () => {
    const told = (setting: string): string => rowOf(setting)[1].replaceAll("`", "");
    const duration = (setting: string): number | undefined => parseDuration(told(setting));
    expect({
      host: told("server.host"),
      port: Number(told("server.port")),
      drainMs: duration("server.drain"),
      maxBodyBytes: Number.parseInt(told("server.max_body_bytes"), 10),
      headerTimeoutMs: duration("server.header_timeout"),
      bodyTimeoutMs: duration("server.body_timeout"),
      requestTimeoutMs: duration("server.request_timeout"),
      connectMs: duration("providers.<name>.timeouts.connect"),
      firstByteMs: duration("providers.<name>.timeouts.first_byte"),
      idleMs: duration("providers.<name>.timeouts.idle"),
      firstContentMs: duration("providers.<name>.timeouts.first_content"),
      minRate: Number(told("providers.<name>.timeouts.min_rate")),
      retries: Number(told("resilience.retry.retries")),
      retryAt: told("resilience.retry.at"),
      backoffMs: duration("resilience.retry.backoff"),
      maxBackoffMs: duration("resilience.retry.max_backoff"),
      maxWaitMs: duration("resilience.retry.max_wait"),
      maxWaitBeforeNextMs: duration("resilience.retry.max_wait_before_next"),
      maxAttempts: Number(told("resilience.retry.max_attempts")),
      retryBudgetPercent: Number(told("resilience.retry.budget_percent")),
      minRetries: Number(told("resilience.retry.min_retries")),
      maxRestMs: duration("resilience.max_rest"),
      logLevel: told("log.level"),
      storeKind: told("store.kind"),
      storeMaxBytes: Number.parseInt(told("store.max_bytes"), 10),
      storeKeepDays: Number(told("store.keep_days")),
      credentialWeight: Number(told("providers.<name>.credentials[].weight")),
      catalogRefreshMs: duration("catalog.refresh"),
      pluginMemoryMb: Number(told("providers.<name>.supervision.memory_limit")),
      pluginStartMs: duration("providers.<name>.supervision.start_timeout"),
      pluginHealthMs: duration("providers.<name>.supervision.health_interval"),
      pluginCrashBudget: Number(told("providers.<name>.supervision.crash_budget")),
      pluginCrashWindowMs: duration("providers.<name>.supervision.crash_window"),
      breakerFailures: Number(told("resilience.breaker.failures")),
      breakerOpenMs: duration("resilience.breaker.open"),
      breakerWindowMs: duration("resilience.breaker.window"),
      breakerFailurePercent: Number(told("resilience.breaker.failure_percent")),
      breakerMinAttempts: Number(told("resilience.breaker.min_attempts")),
      breakerSlowPercent: Number(told("resilience.breaker.slow_percent")),
      breakerPermits: Number(told("resilience.breaker.permits")),
      breakerEjectionMs: duration("resilience.breaker.ejection"),
      breakerPanicPercent: Number(told("resilience.breaker.panic_percent")),
      probeTimeoutMs: duration("resilience.probe.timeout"),
      canaryMaxErrorPercent: Number(told("models.<name>.targets[].canary.max_error_percent")),
      canaryMinAttempts: Number(told("models.<name>.targets[].canary.min_attempts")),
      targetQueue: Number(told("resilience.concurrency.queue")),
      targetQueueTimeoutMs: duration("resilience.concurrency.queue_timeout"),
      adaptiveMaxInFlight: Number(/\d+/.exec(told("resilience.concurrency.max_in_flight"))?.[0]),
      loadQueue: Number(told("load.queue")),
      loadQueueTimeoutMs: duration("load.queue_timeout"),
      loadMaxDelayMs: duration("load.max_delay"),
      strategy: told("models.<name>.strategy"),
      targetWeight: Number(told("models.<name>.targets[].weight")),
      onCut: told("models.<name>.on_cut"),
      hedgeMaxPercent: Number(told("models.<name>.hedge.max_percent")),
      shadowPercent: Number(told("models.<name>.shadows[].percent")),
      shadowMaxInFlight: Number(told("models.<name>.shadows[].max_in_flight")),
      latencyHalfLifeMs: duration("routing.latency.half_life"),
      explorePercent: Number(told("routing.latency.explore_percent")),
    }).toEqual(DEFAULTS);
  });

  it("links to headings that are there", () => {
    const anchors = page
      .split("\n")
      .filter((line) => line.startsWith("#"))
      .map((line) =>
        line
          .replace(/^#+ /, "")
          .toLowerCase()
          .replace(/[^\w-]/g, ""),
      );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(anchors).toContain(link);
  });
});

describe("docs/providers.md", () => {
  it("is what `npm run generate` makes", () => {
    expect(read("docs/providers.md")).toBe(made("docs/generate-providers.mjs"));
  });
});

describe("docs/fidelity.md", () => {
  it("is what the codecs do, and `npm run generate` makes of it", () => {
    expect(read("docs/fidelity.md")).toBe(fidelityPage(translatedDialects));
  });
});

it.each(["README.md", "docs/configuration.md", "docs/providers.md", "docs/resilience.md"])(
  "every configuration that %s shows is valid",
  async (path) => {
    const found = await discover({ builtIn: join(root, "plugins") });
    const known = found.map(({ name, manifest }) => ({ name, environment: manifest?.environment }));
    const shown = [...read(path).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = ""]) => yaml);
    expect(shown.length).toBeGreaterThan(0);
    const variables = {
      OPENAI_API_KEY: "sk-1",
      ANTHROPIC_API_KEY: "sk-2",
      GROQ_API_KEY: "sk-3",
      FAST: "sk-4",
      KEY_ONE: "k1",
      KEY_TWO: "k2",
    };
    for (const yaml of shown) expect(problemsOf(yaml, variables, known)).toEqual([]);
  },
);

it("every configuration that docs/routing.md shows is valid, with the providers that it names", async () => {
  const found = await discover({ builtIn: join(root, "plugins") });
  const known = found.map(({ name, manifest }) => ({ name, environment: manifest?.environment }));
  const providers = `providers:
  openai: { api_key: k }
  claude: { plugin: anthropic, api_key: k }
  local: { plugin: openai, base_url: "http://127.0.0.1:8000/v1", api_key: none }
  router: { plugin: openai, base_url: "http://127.0.0.1:8001/v1", api_key: k }
`;
  const shown = [...read("docs/routing.md").matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = ""]) => yaml);
  expect(shown.length).toBeGreaterThan(6);
  for (const yaml of shown) expect(problemsOf(providers + yaml, {}, known)).toEqual([]);
});

describe("docs/plugins.md", () => {
  const guide = read("docs/plugins.md");

  it("shows the example that test/packed compiles, installs and asks, to the letter", () => {
    const folder = "docs/examples/parlance-plugin-parrot";
    const source = read(`${folder}/src/index.ts`);
    expect(source.trimEnd().split("\n").length).toBeLessThan(80);
    expect(guide).toContain(`\`\`\`ts\n${source}\`\`\``);
    expect(guide).toContain(`\`\`\`json\n${read(`${folder}/package.json`)}\`\`\``);
  });
});
