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

describe("the README's example of the Gemini door", () => {
  it("answers as printed", async () => {
    const { path, headers, body, printed } = readmeExample("/v1beta/");
    const response = await fetch(`${gateway.url}${path}`, { method: "POST", headers, body });
    const text = await response.text();
    const TIME = /"createTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/;
    const [time = "no time"] = TIME.exec(text) ?? [];
    expect(text).toBe(printed.replace(TIME, time));
  });
});
