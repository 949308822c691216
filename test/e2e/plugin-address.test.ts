import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { chunks, create, definePlugin, UsageSchema } from "../../src/sdk/index.js";
import { type ServedPlugin, type ServeOptions, servePlugin } from "../../src/sdk/serve.js";
import { until } from "../kits/child-processes.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { certificate } from "../kits/listener.js";

const folder = mkdtempSync(join(tmpdir(), "parlance-address-"));
const CERTIFICATE = fileURLToPath(new URL("../certificates/localhost.cert.pem", import.meta.url));
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plugin = definePlugin({
  create: ({ settings }) => ({
    async *complete() {
      yield chunks.completionStart({ id: "1", model: "m" });
      yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
      yield chunks.textDelta(0, 0, String(settings.words ?? "from elsewhere"));
      yield chunks.partEnd(0, 0);
      yield chunks.finish(0, { reason: 1 });
      yield chunks.usage(create(UsageSchema, { inputTokens: 1, outputTokens: 2 }));
      yield chunks.completionEnd({});
    },
  }),
});

async function run(options: Partial<ServeOptions> & { socket: string }): Promise<ServedPlugin> {
  const served = await servePlugin(plugin, {
    name: "remote",
    version: "3.2.1",
    capabilities: ["complete"],
    settingsSchema: { type: "object", additionalProperties: false, properties: { words: { type: "string" } } },
    ...options,
  });
  cleanUps.push(() => served.close());
  return served;
}

async function gatewayFor(provider: string): Promise<TestGateway> {
  const gateway = await startTestGateway(`server: { port: 0 }\nproviders: { far: { ${provider} } }`);
  cleanUps.push(() => gateway.stop());
  return gateway;
}

async function ask(gateway: TestGateway): Promise<{ status: number; body: string }> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "far/m", messages: [{ role: "user", content: "Hi" }] }),
  });
  return { status: response.status, body: await response.text() };
}

describe("a plugin that somebody else runs", () => {
  it("answers at a unix socket, is listed with its own version, and takes its settings", async () => {
    const socket = join(folder, "plain");
    await run({ socket });
    const gateway = await gatewayFor(`address: "unix:${socket}", settings: { words: "as told" }`);
    expect(await ask(gateway)).toMatchObject({ status: 200, body: expect.stringContaining("as told") as string });
    expect(gateway.plugins().find(({ name }) => name === "far")).toMatchObject({
      version: "3.2.1",
      directory: `unix:${socket}`,
      state: "ready",
      capabilities: ["complete"],
    });
  });

  it("is told which setting its own schema refuses", async () => {
    const socket = join(folder, "schema");
    await run({ socket });
    const gateway = await gatewayFor(`address: "unix:${socket}", settings: { word: "a" }`);
    const { status, body } = await ask(gateway);
    expect(status).toBe(400);
    expect(body).toContain("providers.far.settings.word: It is not known.");
  });

  it("answers at a port to who brings its token, and nobody else", async () => {
    const { port } = await run({ socket: "127.0.0.1:0", token: "right-4711" });
    const address = `address: "http://127.0.0.1:${port}"`;
    expect((await ask(await gatewayFor(`${address}, supervision: { token: right-4711 }`))).status).toBe(200);
    for (const token of ["", ", supervision: { token: wrong-4711 }"]) {
      const gateway = await gatewayFor(address + token);
      const { status, body } = await ask(gateway);
      expect(status).toBe(502);
      expect(body).toContain("The call brings no token, or a wrong one.");
      expect(JSON.stringify(gateway.records())).not.toContain("wrong-4711");
    }
  });

  it("answers over TLS where its certificate is trusted, and is not spoken to where it is not", async () => {
    const { port } = await run({ socket: "127.0.0.1:0", tls: certificate });
    const address = `address: "https://localhost:${port}"`;
    expect((await ask(await gatewayFor(`${address}, supervision: { ca_file: "${CERTIFICATE}" }`))).status).toBe(200);
    const { status, body } = await ask(await gatewayFor(address));
    expect(status).toBe(502);
    expect(body).toContain("cannot be used");
  });

  it("is found again after it was away, knows its providers anew, and is never given up", async () => {
    const socket = join(folder, "again");
    const first = await run({ socket });
    const gateway = await gatewayFor(`address: "unix:${socket}", supervision: { health_interval: 100ms }`);
    expect((await ask(gateway)).status).toBe(200);
    await first.close();
    const state = () => gateway.plugins().find(({ name }) => name === "far")?.state;
    await until(() => state() === "degraded");
    expect((await ask(gateway)).status).toBe(502);
    await run({ socket });
    await until(async () => (await ask(gateway)).status === 200, 15_000);
    expect(state()).toBe("ready");
  });
});
