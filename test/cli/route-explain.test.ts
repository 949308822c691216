import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildProgram, type Ended, runProgram } from "../kits/program.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

const PLAN = {
  model: "smart",
  route: "smart",
  strategy: "weighted",
  targets: [
    {
      target: "a/one",
      provider: "a",
      upstream_model: "one",
      reason: "by weight 3 of 4",
      lane: "LANE_VERBATIM",
      estimated_nano_dollars: "1250000",
      in_flight: 2,
      time_to_first_token: "0.180s",
      role: "route",
    },
    {
      target: "c/three",
      provider: "c",
      unavailable: "its breaker is open",
      reason: "asked for",
      role: "context_fallback",
    },
  ],
  left_out: [{ target: "b/two", reason: "cannot take tools" }],
  estimated_input_tokens: 7,
  config_version: "abc",
  notes: ["The choice stays with the caller's key."],
  max_attempts: 2,
};

let server: TestUpstream;
let folder: string;

beforeAll(async () => {
  buildProgram();
  server = await startUpstream();
  folder = mkdtempSync(join(tmpdir(), "parlance-route-"));
}, 120_000);

beforeEach(() => {
  server.seen.length = 0;
  server.behave(answerJson(PLAN));
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

function explain(...args: string[]): Promise<Ended> {
  return runProgram(["route", "explain", ...args], { cwd: folder });
}

describe("parlance route explain", () => {
  it("asks a running gateway with all that is said, and shows the plan", async () => {
    const said = ["smart", "--url", server.url, "--prompt", "Hello there", "--strategy", "weighted"];
    const { code, out } = await explain(...said, "--tag", "eu", "--tag", "gdpr", "--header", "x-team=blue");
    expect(code).toBe(0);
    expect(server.seen).toMatchObject([
      {
        path: "/v1/chat/completions",
        headers: {
          "x-parlance-explain": "true",
          "x-parlance-strategy": "weighted",
          "x-parlance-tags": "eu,gdpr",
          "x-team": "blue",
        },
      },
    ]);
    expect(server.seen[0]?.json()).toEqual({ model: "smart", messages: [{ role: "user", content: "Hello there" }] });
    expect(out).toBe(
      `smart: weighted, about 7 tokens, at most 2 attempts

   TARGET   FOR               LANE      COST       NOW                  WHY
1  a/one    route             verbatim  $0.001250  2 running, 180 ms    by weight 3 of 4
2  c/three  context fallback  -         -          its breaker is open  asked for

LEFT OUT  WHY
b/two     cannot take tools

The choice stays with the caller's key.

Configuration abc
`,
    );
  });

  it("sends a request of a file, and gives the plan as JSON", async () => {
    const file = join(folder, "request.json");
    writeFileSync(file, JSON.stringify({ model: "other", input: ["a"] }));
    const { code, out } = await explain("smart", "--url", server.url, "--file", file, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(PLAN);
    expect(server.seen[0]).toMatchObject({ path: "/v1/embeddings" });
    expect(server.seen[0]?.json()).toEqual({ model: "smart", input: ["a"] });
  });

  it("says in a sentence what is wrong", async () => {
    server.behave(answerJson({ error: { message: "There is no model smart." } }, 404));
    expect(await explain("smart", "--url", server.url)).toMatchObject({
      code: 1,
      error: "parlance: There is no model smart.\n",
    });
    server.behave(answerJson({ id: "chatcmpl-1", choices: "none", strategy: 1 }));
    expect((await explain("smart", "--url", server.url)).error).toContain("something else than a plan");
    expect((await explain("smart", "--header", "team")).error).toContain("--header team is not name=value");
    expect((await explain("smart", "--url", server.url, "--config", "x.yaml")).error).toContain("not both");
    expect((await explain("smart", "--file", "none.json")).error).toContain("none.json cannot be read");
  });
});
