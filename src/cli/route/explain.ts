import { readFileSync } from "node:fs";
import { create, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { problemLine } from "../../config/problem.js";
import { LogConfigSchema, ServerConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { type RunningGateway, startGateway } from "../../gateway.js";
import { type RoutePlan, RoutePlanSchema } from "../../sdk/index.js";
import { createMemoryStore } from "../../store/memory-store.js";
import { CliError } from "../cli-error.js";
import { version } from "../installation.js";
import { openConfig } from "../open-config.js";
import { requestGateway } from "../request-gateway.js";
import { planText } from "./plan-text.js";

/** Flags of `parlance route explain`. */
export interface ExplainOptions {
  readonly prompt: string;
  readonly file?: string;
  readonly strategy?: string;
  readonly tag: readonly string[];
  readonly region?: string;
  /** `name=value` each. */
  readonly header: readonly string[];
  readonly json?: boolean;
  readonly url?: string;
  readonly config?: string;
  readonly defaultUrl: string;
}

/** `parlance route explain`: the plan of a request, from a running gateway or from a configuration alone. */
export async function explainRoute(model: string, options: ExplainOptions): Promise<void> {
  if (options.url !== undefined && options.config !== undefined)
    throw new CliError("Give --url or --config, not both.");
  const body = bodyOf(model, options);
  const headers = headersOf(options);
  const gateway = options.config === undefined ? undefined : await startAlone(options.config);
  try {
    const path = body.messages === undefined ? "/v1/embeddings" : "/v1/chat/completions";
    const response = await requestGateway(gateway?.url ?? options.url ?? options.defaultUrl, path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as JsonValue;
    process.stdout.write(options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : planText(readPlan(answer)));
  } finally {
    await gateway?.stop();
  }
}

function readPlan(answer: JsonValue): RoutePlan {
  try {
    return fromJson(RoutePlanSchema, answer, { ignoreUnknownFields: true });
  } catch {
    throw new CliError("The gateway answered with something else than a plan: it may be of an older version.");
  }
}

function bodyOf(model: string, { file, prompt }: ExplainOptions): JsonObject {
  if (file === undefined) return { model, messages: [{ role: "user", content: prompt }] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    throw new CliError(`The request in ${file} cannot be read: ${(error as Error).message}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new CliError(`The request in ${file} is not a JSON object.`);
  }
  return { ...parsed, model };
}

function headersOf({ header, strategy, tag, region }: ExplainOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const one of header) {
    const [, name, value] = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(one) ?? [];
    if (name === undefined || value === undefined) throw new CliError(`--header ${one} is not name=value.`);
    headers[name.toLowerCase()] = value;
  }
  if (strategy !== undefined) headers["x-parlance-strategy"] = strategy;
  if (tag.length > 0) headers["x-parlance-tags"] = tag.join(",");
  if (region !== undefined) headers["x-parlance-region"] = region;
  return { ...headers, "content-type": "application/json", "x-parlance-explain": "true" };
}

/** A gateway for this one question: on a port of its own, with no log, and nothing that it keeps. */
async function startAlone(config: string): Promise<RunningGateway> {
  const { snapshot, problems, source, plugins } = await openConfig(config);
  if (snapshot === undefined) throw new CliError(problems.map((problem) => problemLine(problem, source)).join("\n"));
  return startGateway({
    snapshot: {
      ...snapshot,
      config: {
        ...snapshot.config,
        server: create(ServerConfigSchema, { host: "127.0.0.1", port: 0 }),
        log: create(LogConfigSchema, { level: "silent" }),
      },
    },
    plugins,
    version,
    log: { write: () => {} },
    store: createMemoryStore(STORE_BYTES, Date.now),
  });
}

const STORE_BYTES = 1024 * 1024;
