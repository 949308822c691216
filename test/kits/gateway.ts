import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { loadConfig } from "../../src/config/load.js";
import { problemLine } from "../../src/config/problem.js";
import type { Snapshot } from "../../src/config/snapshot.js";
import { type RunningGateway, type StartOptions, startGateway } from "../../src/gateway.js";
import { ResilienceConfigSchema } from "../../src/gen/parlance/config/v1/config_pb.js";
import { discover } from "../../src/loader/discover.js";
import { createRegistry } from "../../src/loader/registry.js";
import { createMemoryStore } from "../../src/store/memory-store.js";

const PLUGINS = fileURLToPath(new URL("../../plugins", import.meta.url));

/** A gateway in this process on a free port, with the records that it wrote. */
export interface TestGateway extends RunningGateway {
  /** Log lines so far, parsed, but for those of `unpriced`. */
  records(): Record<string, unknown>[];
  /** Those that tell once that a model has no price: hardly a test's model has one. */
  unpriced(): Record<string, unknown>[];
}

/**
 * Starts a gateway from YAML, with the plugins as they are built. Where the YAML says nothing of `resilience`, a target is
 * asked once and never shut out: a test of something else sees as many calls as it makes, whatever failed before it.
 */
export async function startTestGateway(
  yaml: string,
  environment: Record<string, string> = {},
  {
    pluginPaths,
    ...options
  }: Pick<StartOptions, "keepAliveMs" | "store"> & { readonly pluginPaths?: readonly string[] } = {},
): Promise<TestGateway> {
  const plugins = createRegistry(await discover({ builtIn: PLUGINS, paths: pluginPaths }));
  const known = plugins.list().map(({ name }) => ({ name, environment: plugins.manifest(name)?.environment }));
  const { snapshot, problems, source } = loadConfig(
    { text: yaml, source: "test.yaml" },
    known,
    environment,
    Date.now(),
  );
  if (snapshot === undefined) throw new Error(problems.map((problem) => problemLine(problem, source)).join("\n"));
  if (snapshot.config.server?.port === undefined) throw new Error("a test takes a free port: server: { port: 0 }");
  let written = "";
  const log = new Writable({
    write(bytes: Buffer, _encoding, done) {
      written += bytes.toString("utf8");
      done();
    },
  });
  // What a test stores stays in its process, unless it says where it goes.
  const store =
    options.store ?? (snapshot.config.store === undefined ? createMemoryStore(64 * 1024 * 1024, Date.now) : undefined);
  const first = withoutResilience(snapshot);
  const gateway = await startGateway({ snapshot: first, plugins, version: "test", log, ...options, store });
  const lines = (): Record<string, unknown>[] =>
    written
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    ...gateway,
    apply: (next, registry) => gateway.apply(withoutResilience(next), registry),
    records: () => lines().filter(({ msg }) => msg !== "unpriced"),
    unpriced: () => lines().filter(({ msg }) => msg === "unpriced"),
  };
}

function withoutResilience(snapshot: Snapshot): Snapshot {
  if (snapshot.config.resilience !== undefined) return snapshot;
  const resilience = create(ResilienceConfigSchema, {
    retry: { retries: 0 },
    breaker: { failures: 0, failurePercent: 0 },
    maxRest: { seconds: 0n },
  });
  return { ...snapshot, config: { ...snapshot.config, resilience } };
}
