import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
// A call with curl, and the answer that is printed below it.
const EXAMPLE =
  /curl http:\/\/127\.0\.0\.1:8080(\/v1\/messages) ((?:-H '[^']+' )+)\\\n {2}-d '([^']+)'\n```\n```json\n(.+)\n```/;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway("server: { port: 0 }\nlog: { level: silent }\nproviders: { simulator: {} }");
});

afterAll(async () => {
  await gateway.stop();
});

describe("the README's example of the Anthropic door", () => {
  it("answers as printed", async () => {
    const [, path, flags = "", body = "", printed] = EXAMPLE.exec(readme) ?? expect.fail("there is no example");
    const headers = [...flags.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name, value]) => [name, value] as string[]);
    const response = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: Object.fromEntries(headers) as Record<string, string>,
      body,
    });
    expect(await response.text()).toBe(printed);
  });
});
