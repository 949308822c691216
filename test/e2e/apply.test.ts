import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import type { Snapshot } from "../../src/config/snapshot.js";
import { discover } from "../../src/loader/discover.js";
import { createRegistry } from "../../src/loader/registry.js";
import { startTestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, startUpstream } from "../kits/upstream.js";

const plugins = createRegistry(await discover({ builtIn: fileURLToPath(new URL("../../plugins", import.meta.url)) }));

function snapshotOf(yaml: string): Snapshot {
  const known = plugins.list().map(({ name }) => ({ name, environment: plugins.manifest(name)?.environment }));
  const { snapshot } = loadConfig({ text: yaml, source: "test.yaml" }, known, {}, Date.now());
  return snapshot ?? expect.fail("the configuration is not valid");
}

it("an answer names the configuration that it began on, through every door, however long it takes", async () => {
  let answer = (): void => {};
  const upstream = await startUpstream((request, response) => {
    const before = answer;
    answer = () => {
      before();
      void answerJson(openAiAnswer({ text: "Hi", finish: "stop", inputTokens: 1, outputTokens: 1 }))(request, response);
    };
  });
  const yaml = `server: { port: 0 }\nproviders: { up: { plugin: openai, base_url: "${upstream.url}/v1" } }\n`;
  const gateway = await startTestGateway(yaml);
  try {
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(`${gateway.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const asked = [
      post("/v1/chat/completions", { model: "up/big", messages: [{ role: "user", content: "Hi" }] }),
      post("/parlance.v1.CompletionService/Complete", {
        chat: { model: "up/big", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
      }),
    ];
    await expect.poll(() => upstream.seen.length).toBe(2);
    const { version } = snapshotOf(yaml);
    const next = snapshotOf("server: { port: 0 }\nproviders: { simulator: {} }\n");
    gateway.apply(next, plugins);
    expect(await (await fetch(`${gateway.url}/ready`)).json()).toMatchObject({ config_version: next.version });
    answer();
    for (const response of await Promise.all(asked)) {
      expect(response.status).toBe(200);
      expect(response.headers.get("x-parlance-config-version")).toBe(version);
    }
    expect((await gateway.models()).every(({ name }) => name.startsWith("simulator/"))).toBe(true);
    await expect.poll(() => upstream.openSockets()).toBe(0);
  } finally {
    await gateway.stop();
    await upstream.close();
  }
});
