import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { expect } from "vitest";
import { startTestGateway, type TestGateway } from "./gateway.js";
import type { Script } from "./script.js";
import { startUpstream, type TestUpstream } from "./upstream.js";

/** A gateway with a store in a file, in front of a server that speaks Responses and one that speaks all dialects. */
export interface ResponsesWorld {
  /** Behind the provider `own`, which speaks Responses. */
  readonly upstream: TestUpstream;
  /** Behind `second`, which speaks Responses too, `chat` and `claude`. */
  readonly other: TestUpstream;
  readonly gateway: TestGateway;
  readonly client: OpenAI;
  /** A folder of its own. */
  readonly folder: string;
  /** Another gateway before the same servers, with that store. */
  start(store: string): Promise<{ gateway: TestGateway; client: OpenAI }>;
  stop(): Promise<void>;
}

/** Starts them all. */
export async function startResponsesWorld(): Promise<ResponsesWorld> {
  const upstream = await startUpstream();
  const other = await startUpstream();
  const folder = mkdtempSync(join(tmpdir(), "parlance-kept-"));
  const start = async (store: string) => {
    const gateway = await startTestGateway(`
server: { port: 0 }
log: { level: info }
store: ${store}
providers:
  own: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k, settings: { responses: true } }
  second: { plugin: openai, base_url: "${other.url}/v1", api_key: k, settings: { responses: true } }
  chat: { plugin: openai, base_url: "${other.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${other.url}", api_key: k }
models:
  any: { targets: [{ provider: chat, model: m }, { provider: own, model: m, priority: 1 }] }
  safe: { targets: [{ provider: own, model: m }, { provider: chat, model: m, priority: 1 }] }
  twins: { targets: [{ provider: own, model: m }, { provider: second, model: m, priority: 1 }] }
`);
    return { gateway, client: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 }) };
  };
  const first = await start(`{ kind: sqlite, path: "${folder}" }`);
  return {
    upstream,
    other,
    ...first,
    folder,
    start,
    async stop() {
      await first.gateway.stop();
      await upstream.close();
      await other.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A model that says this. */
export const say = (text: string): Script => ({ text, finish: "stop", inputTokens: 5, outputTokens: 2 });

/** The body that a server saw last. */
export function lastOf({ seen }: TestUpstream): Record<string, unknown> {
  return seen[seen.length - 1]?.json() ?? {};
}

/** The error that a call of the SDK's ends in. */
export function errorOf(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  return call.then(
    () => expect.fail("it went well"),
    (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
  );
}
