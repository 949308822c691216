import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const sections = readme.slice(readme.indexOf("### Prompts and plain answers"), readme.indexOf("## The house"));
// A call with curl, and the answer that is printed below it.
const EXAMPLE =
  /```sh\ncurl (?:-N )?http:\/\/127\.0\.0\.1:8080(\S+)(?: -H 'content-type: application\/json' \\\n {2}-d '([^']+)')?\n```\n```(?:json)?\n([^`]+)\n```/g;
const examples = [...sections.matchAll(EXAMPLE)].map(([, path = "", body, printed = ""]) => ({ path, body, printed }));

/** Times are of the run; all else is as printed. */
const timeless = (text: string): string =>
  text
    .replaceAll(/"(created|latency_ms|median_ttft_ms)":[\d.]+/g, '"$1":0')
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"then"')
    .trim();

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway("server: { port: 0 }\nlog: { level: silent }\nproviders: { simulator: {} }");
});

afterAll(async () => {
  await gateway.stop();
});

describe("the README's examples of prompts, plain answers, routing and health", () => {
  it("are all there", () => {
    expect(examples.map(({ path }) => path)).toEqual([
      "/v1/completions",
      "/v1/completions",
      "/v1/completions/stream",
      "/v1/completions",
      "/v1/providers/simulator/health",
    ]);
  });

  it("answer as printed, one after the other", async () => {
    for (const { path, body, printed } of examples) {
      const init = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body };
      const response = await fetch(gateway.url + path, init);
      expect(timeless(await response.text())).toBe(timeless(printed));
    }
  });
});
