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

describe("the README's example of the Responses door", () => {
  it("answers as printed, but for ids and the time", async () => {
    const { path, headers, body, printed } = readmeExample("/v1/responses");
    const response = await fetch(`${gateway.url}${path}`, { method: "POST", headers, body });
    const same = (text: string): string =>
      text.replace(/"(resp|msg)_[0-9a-f]{32}(\d?)"/g, '"$1_$2"').replace(/"created_at":\d+/, '"created_at":0');
    expect(same(await response.text())).toBe(same(printed));
  });
});
