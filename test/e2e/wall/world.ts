import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type FaultWire } from "../../kits/fault-wire.js";
import { misbehave } from "../../kits/faults.js";
import { startTestGateway, type TestGateway } from "../../kits/gateway.js";
import { certificate } from "../../kits/listener.js";
import { startUpstream, type TestUpstream } from "../../kits/upstream.js";
import type { AddressFault, WallRow } from "./expected.js";

/** One cell of the wall: a fault, asked for in one way. */
export interface Cell {
  readonly row: WallRow;
  readonly mode: "unary" | "stream";
  readonly lane: "verbatim" | "translated";
  readonly wire: FaultWire["name"];
  /** Whether another target is there that answers. */
  readonly spared: boolean;
  /** The public name of its model; nobody else has it. */
  readonly model: string;
}

/** A gateway before a faulty provider. */
export interface WallWorld {
  readonly gateway: TestGateway;
  readonly upstream: TestUpstream;
  /** How often the provider was called with a model's name. */
  readonly calls: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** What a provider of a dialect is configured with, and the path of its address. */
const PROVIDERS: Readonly<Record<FaultWire["name"], { path: string; settings: object }>> = {
  "openai-chat": { path: "/v1", settings: { plugin: "openai" } },
  "openai-responses": { path: "/v1", settings: { plugin: "openai", settings: { responses: true } } },
  "anthropic-messages": { path: "", settings: { plugin: "anthropic" } },
};

/** The key that the gateway calls providers with, and that no caller may see. */
export const PROVIDER_KEY = "sk-the-key-of-the-gateway-0987654321";

/**
 * Starts a gateway in which every cell has a model and providers of its own, so that none touches another.
 * `resilience`: as in the configuration.
 */
export async function startWorld(cells: readonly Cell[], resilience: object): Promise<WallWorld> {
  const calls = new Map<string, number>();
  const upstream = await startUpstream((request, response) => {
    const model = request.json().model as string;
    calls.set(model, (calls.get(model) ?? 0) + 1);
    return misbehave(request, response);
  });
  const tls = createServer({ cert: certificate.cert, key: certificate.key }, (_request, response) => response.end());
  await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
  const { port } = tls.address() as AddressInfo;
  const addresses: Readonly<Record<AddressFault, string>> = {
    refused: "http://127.0.0.1:1",
    dns: "http://no-such-provider.invalid",
    "tls-untrusted": `https://127.0.0.1:${port}`,
    "tls-expected": upstream.url.replace("http:", "https:"),
    "tls-unexpected": `http://127.0.0.1:${port}`,
  };
  const providers: Record<string, object> = {};
  const models: Record<string, object> = {};
  for (const { row, wire, spared, model } of cells) {
    const { path, settings } = PROVIDERS[wire];
    const own = { ...settings, api_key: PROVIDER_KEY };
    const at = (addresses as Readonly<Record<string, string>>)[row.fault] ?? upstream.url;
    providers[`first-${model}`] = { ...own, base_url: at + path, ...(row.timeouts && { timeouts: row.timeouts }) };
    const targets = [{ provider: `first-${model}`, model: `${row.fault}.${model}` }];
    if (spared) {
      providers[`spare-${model}`] = { ...own, base_url: upstream.url + path };
      targets.push({ provider: `spare-${model}`, model: `spare.${model}` });
    }
    models[model] = { targets };
  }
  // JSON is YAML.
  const config = { server: { port: 0 }, resilience, providers, models };
  const gateway = await startTestGateway(JSON.stringify(config));
  return {
    gateway,
    upstream,
    calls,
    async close() {
      await gateway.stop();
      await upstream.close();
      tls.closeAllConnections();
      await new Promise((resolve) => tls.close(resolve));
    },
  };
}
