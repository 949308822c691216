import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { readmeExample } from "../support/readme-example.js";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway("server: { port: 0 }\nlog: { level: silent }\nproviders: { simulator: {} }");
});

afterAll(async () => {
  await gateway.stop();
});

describe("the README's example of the Anthropic door", () => {
  it("answers as printed", async () => {
    const { path, headers, body, printed } = readmeExample("/v1/messages");
    const response = await fetch(`${gateway.url}${path}`, { method: "POST", headers, body });
    expect(await response.text()).toBe(printed);
  });
});
