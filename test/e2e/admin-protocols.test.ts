import { Metadata } from "@grpc/grpc-js";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PluginState } from "../../src/gen/parlance/admin/v1/plugin_pb.js";
import { PluginService } from "../../src/gen/parlance/admin/v1/plugin_service_pb.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { grpcStub, type Stub, unary } from "../kits/standard-services.js";

const KEY = "sesame-open-0123456789";
const CONFIG = `server: { port: 0 }
providers: { sim: { plugin: simulator }, other: { plugin: simulator } }
models: { m: { targets: [ { provider: sim, model: echo } ] } }
`;
const SERVICE = "parlance.admin.v1.PluginService";

let guarded: TestGateway;
let open: TestGateway;
const stubs: Stub[] = [];
beforeAll(async () => {
  guarded = await startTestGateway(`${CONFIG}admin: { key: ${KEY} }\n`);
  open = await startTestGateway(CONFIG);
});
afterAll(async () => {
  for (const stub of stubs) stub.close();
  await Promise.all([guarded.stop(), open.stop()]);
});

/** What a test sees of a plugin, whatever the protocol. */
interface Seen {
  readonly name: string;
  readonly state: string;
  readonly providers: readonly string[];
}
type Method =
  | "ListPlugins"
  | "GetPlugin"
  | "LoadPlugin"
  | "UnloadPlugin"
  | "ReloadPlugin"
  | "EnablePlugin"
  | "DisablePlugin";
/** Calls a method over one protocol. Rejects with the gRPC code as a number and the message. */
type Call = (gateway: TestGateway, method: Method, name?: string, key?: string) => Promise<Seen[]>;

interface PluginJson {
  readonly name: string;
  readonly state: string;
  readonly providers?: readonly { readonly name: string }[];
}
const seen = ({ name, state, providers = [] }: PluginJson): Seen => ({
  name,
  state,
  providers: providers.map((provider) => provider.name),
});
const pluginsOf = (answer: { plugins?: PluginJson[]; plugin?: PluginJson }): Seen[] =>
  [...(answer.plugins ?? []), ...(answer.plugin === undefined ? [] : [answer.plugin])].map(seen);
class Refused extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
const CODES: Readonly<Record<string, number>> = {
  invalid_argument: 3,
  not_found: 5,
  permission_denied: 7,
  unauthenticated: 16,
};
const STATUSES: Readonly<Record<number, number>> = { 400: 3, 404: 5, 403: 7, 401: 16 };

const grpc: Call = async ({ url }, method, name, key) => {
  const stub = await grpcStub(Number(new URL(url).port), "parlance/admin/v1/plugin_service.proto", SERVICE);
  stubs.push(stub);
  const metadata = new Metadata();
  if (key !== undefined) metadata.set("authorization", `Bearer ${key}`);
  const answer = await unary(stub, method, name === undefined ? {} : { name }, metadata).catch((error: unknown) => {
    const { code, details } = error as { code: number; details: string };
    throw new Refused(code, details);
  });
  return pluginsOf(answer);
};

const overConnect =
  (transportTo: (baseUrl: string) => Transport): Call =>
  async ({ url }, method, name, key) => {
    const client = createClient(PluginService, transportTo(url)) as unknown as Record<
      string,
      (request: object, options: object) => Promise<{ plugins?: never[]; plugin?: never }>
    >;
    const called = client[method.charAt(0).toLowerCase() + method.slice(1)];
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const answer = await called?.(name === undefined ? {} : { name }, { headers }).catch((error: unknown) => {
      const { code, rawMessage } = error as { code: number; rawMessage: string };
      throw new Refused(code, rawMessage);
    });
    const plugins = [...(answer?.plugins ?? []), ...(answer?.plugin === undefined ? [] : [answer.plugin])];
    return (plugins as (Omit<PluginJson, "state"> & { state: PluginState })[]).map((plugin) =>
      seen({ ...plugin, state: `PLUGIN_STATE_${PluginState[plugin.state]}` }),
    );
  };

const connectJson: Call = async ({ url }, method, name, key) => {
  const response = await fetch(`${url}/${SERVICE}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(name === undefined ? {} : { name }),
  });
  const answer = (await response.json()) as { code?: string; message?: string; plugin?: PluginJson };
  if (!response.ok) throw new Refused(CODES[answer.code ?? ""] ?? -1, answer.message ?? "");
  return pluginsOf(answer);
};

const rest: Call = async ({ url }, method, name, key) => {
  const [, verb = ""] = /^([A-Z][a-z]+)Plugin/.exec(method) ?? [];
  const reads = verb === "List" || verb === "Get";
  const path = name === undefined ? "" : `/${encodeURIComponent(name)}${reads ? "" : `:${verb.toLowerCase()}`}`;
  const response = await fetch(`${url}/admin/v1/plugins${path}`, {
    method: reads ? "GET" : "POST",
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  const answer = (await response.json()) as { error?: { message: string }; plugin?: PluginJson };
  if (!response.ok) throw new Refused(STATUSES[response.status] ?? -1, answer.error?.message ?? "");
  return pluginsOf(answer);
};

describe.each<[string, Call]>([
  ["gRPC by @grpc/grpc-js", grpc],
  ["gRPC-Web by connect-web", overConnect((baseUrl) => createGrpcWebTransport({ baseUrl }))],
  ["Connect by connect-web", overConnect((baseUrl) => createConnectTransport({ baseUrl }))],
  ["Connect by its GET, connect-web", overConnect((baseUrl) => createConnectTransport({ baseUrl, useHttpGet: true }))],
  ["Connect JSON by fetch", connectJson],
  ["REST by fetch", rest],
])("the plugin service over %s", (_name, call) => {
  afterEach(async () => {
    await call(guarded, "EnablePlugin", "simulator", KEY);
    await call(guarded, "LoadPlugin", "simulator", KEY);
  });

  it("lists every plugin with its state and the providers that use it", async () => {
    const plugins = await call(guarded, "ListPlugins", undefined, KEY);
    expect(plugins.map(({ name }) => name)).toEqual(guarded.plugins().map(({ name }) => name));
    const [simulator] = await call(guarded, "GetPlugin", "simulator", KEY);
    expect(plugins).toContainEqual(simulator);
    expect(simulator?.providers).toEqual(["other", "sim"]);
  });

  it("takes a plugin through its life", async () => {
    const states: (string | undefined)[] = [];
    for (const method of [
      "LoadPlugin",
      "DisablePlugin",
      "EnablePlugin",
      "UnloadPlugin",
      "LoadPlugin",
      "ReloadPlugin",
    ] as const) {
      const [plugin] = await call(guarded, method, "simulator", KEY);
      states.push(plugin?.state.replace("PLUGIN_STATE_", ""));
    }
    expect(states).toEqual(["READY", "DISCOVERED", "READY", "DISCOVERED", "READY", "READY"]);
  });

  it("refuses who has no key or another, and tells nobody the right one", async () => {
    for (const method of ["ListPlugins", "DisablePlugin"] as const) {
      const name = method === "ListPlugins" ? undefined : "simulator";
      await expect(call(guarded, method, name)).rejects.toMatchObject({
        code: 16,
        message: expect.stringContaining("Authorization: Bearer"),
      });
      await expect(call(guarded, method, name, "wrong")).rejects.toMatchObject({
        code: 16,
        message: expect.stringContaining("This is not the admin key"),
      });
    }
    expect(guarded.plugins().find(({ name }) => name === "simulator")?.state).toBe("ready");
    expect(JSON.stringify(guarded.records())).not.toContain(KEY);
  });

  it("without a key answers reads of its own machine, and changes nothing", async () => {
    expect(await call(open, "ListPlugins")).toHaveLength(open.plugins().length);
    for (const method of ["LoadPlugin", "UnloadPlugin", "ReloadPlugin", "EnablePlugin", "DisablePlugin"] as const) {
      await expect(call(open, method, "simulator")).rejects.toMatchObject({
        code: 7,
        message: expect.stringContaining("Set admin.key in the configuration, or PARLANCE_ADMIN_KEY"),
      });
    }
  });

  it("tells near names of what it does not know, and takes no path or address for a name", async () => {
    await expect(call(guarded, "GetPlugin", "simulatro", KEY)).rejects.toMatchObject({
      code: 5,
      message: expect.stringContaining('Did you mean "simulator"?'),
    });
    await expect(call(guarded, "ReloadPlugin", "simulatro", KEY)).rejects.toMatchObject({ code: 5 });
    for (const name of ["https://example.com/plugin.js", "/etc", "../simulator", "C:\\plugin", "file:///x"]) {
      await expect(call(guarded, "LoadPlugin", name, KEY)).rejects.toMatchObject({
        code: 3,
        message: expect.stringContaining("Plugins are loaded by name only"),
      });
    }
  });
});

describe("the operator's API over plain HTTP", () => {
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${guarded.url}${path}`, { ...init, headers: { authorization: `Bearer ${KEY}`, ...init.headers } });

  it("answers errors in the shape of the other REST doors, and asks for a bearer", async () => {
    const refused = await fetch(`${guarded.url}/admin/v1/plugins`);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect(await refused.json()).toMatchObject({
      error: { type: "authentication_error", message: expect.any(String) },
    });
    for (const [method, path] of [
      ["GET", "/admin/v1/nothing"],
      ["GET", "/admin/v1/plugins/simulator:reload"],
      ["DELETE", "/admin/v1/plugins/simulator"],
      ["POST", "/admin/v1/plugins"],
    ] as const) {
      const nothing = await get(path, { method });
      expect([path, nothing.status]).toEqual([path, 404]);
      expect(await nothing.json()).toMatchObject({ error: { message: expect.stringContaining("nothing at") } });
    }
  });

  it("refuses what a method does not know, with the reason", async () => {
    for (const [path, init] of [
      ["/admin/v1/plugins?nmae=x", {}],
      ["/admin/v1/plugins/simulator?name=other", {}],
      [
        "/admin/v1/plugins/simulator:disable",
        { method: "POST", body: "{", headers: { "content-type": "application/json" } },
      ],
      [
        "/admin/v1/plugins/simulator:disable",
        { method: "POST", body: '{"x":1}', headers: { "content-type": "application/json" } },
      ],
    ] as const) {
      const response = await get(path, init);
      expect([path, response.status]).toEqual([path, 400]);
    }
    expect(guarded.plugins().find(({ name }) => name === "simulator")?.state).toBe("ready");
  });

  it("does not read the body of who may not call", async () => {
    const response = await fetch(`${guarded.url}/admin/v1/plugins/simulator:disable`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "x".repeat(4 * 1024 * 1024),
    });
    expect(response.status).toBe(401);
  });

  it("tells times, settings and capabilities in the JSON form of the messages", async () => {
    await get("/admin/v1/plugins/simulator:load", { method: "POST" });
    const { plugin } = (await (await get("/admin/v1/plugins/simulator")).json()) as { plugin: Record<string, unknown> };
    expect(plugin).toMatchObject({
      name: "simulator",
      version: expect.stringMatching(/^\d/),
      directory: expect.stringMatching(/plugins.simulator$/),
      state: "PLUGIN_STATE_READY",
      capabilities: ["complete", "embed", "count_tokens"],
      settingsSchema: { type: "object", additionalProperties: false },
      providers: [
        { name: "other", isolation: "in_process" },
        { name: "sim", isolation: "in_process" },
      ],
    });
    for (const member of ["stateTime", "loadTime"]) expect(Date.parse(String(plugin[member]))).toBeGreaterThan(0);
  });

  it("reads of a web page or through a proxy are refused while there is no key", async () => {
    const headers = [
      { origin: "https://evil.example" },
      { "x-forwarded-for": "10.0.0.1" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const [index, header] of headers.entries()) {
      for (const path of ["/admin/v1/plugins", `/${SERVICE}/ListPlugins?connect=v1&encoding=json&message=%7B%7D`]) {
        // Script cannot be kept from sending these here, as it is in a page.
        const { status } = await fetch(`${open.url}${path}`, { headers: header as Record<string, string> });
        expect([index, path, status]).toEqual([index, path, 403]);
      }
    }
  });

  it("a client's doors know nothing of the admin key: with it or without, they answer alike", async () => {
    const ask = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${guarded.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] }),
      });
    const bodies = await Promise.all(
      [{}, { authorization: `Bearer ${KEY}` }].map(async (headers) => {
        const { choices } = (await (await ask(headers)).json()) as { choices: unknown };
        return choices;
      }),
    );
    expect(bodies[0]).toEqual(bodies[1]);
  });
});

it("server reflection and health know the operator's services", async () => {
  const port = Number(new URL(guarded.url).port);
  const stub = await grpcStub(port, "grpc/reflection/v1/reflection.proto", "grpc.reflection.v1.ServerReflection");
  stubs.push(stub);
  const stream = stub.ServerReflectionInfo?.();
  const answered = new Promise((resolve, reject) => {
    stream?.once("data", resolve);
    stream?.once("error", reject);
  });
  stream?.write({ listServices: "" });
  expect(JSON.stringify(await answered)).toContain(SERVICE);
  stream?.end();
  const health = await grpcStub(port, "grpc/health/v1/health.proto", "grpc.health.v1.Health");
  stubs.push(health);
  expect(await unary(health, "Check", { service: SERVICE })).toMatchObject({ status: "SERVING" });
});
