import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildProgram, type Ended, runProgram } from "../kits/program.js";
import { throwAway } from "../support/throw-away-packages.js";

beforeAll(buildProgram, 120_000);

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "parlance-check-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function check(yaml: string | undefined, environment = {}, flags: readonly string[] = []): Promise<Ended> {
  if (yaml !== undefined) writeFileSync(join(cwd, "parlance.yaml"), yaml);
  return runProgram(["config", "check", ...flags], { cwd, environment });
}

const BROKEN = `
server: { prot: 8080 }
providers:
  openai: { api_key: "\${OPENAI_API_KEY}" }
models:
  smart:
    targets: [ { provider: opnai, model: gpt-5 } ]
`;

describe("config check", () => {
  it("tells every problem with its place and what was meant, and ends with 1", async () => {
    expect(await check(BROKEN)).toMatchObject({
      code: 1,
      error: "",
      out: [
        'parlance.yaml:2:11 server.prot: is not a setting. Did you mean "port"?',
        "parlance.yaml:4:13 providers.openai.api_key: needs the environment variable OPENAI_API_KEY, which is not set. Set it, or write ${OPENAI_API_KEY:-default}.",
        'parlance.yaml:7:18 models.smart.targets[0].provider: There is no provider "opnai". Did you mean "openai"?',
        "3 problems in parlance.yaml.\n",
      ].join("\n"),
    });
  });

  it("tells the same as JSON", async () => {
    const { code, out } = await check(BROKEN, { OPENAI_API_KEY: "sk-1" }, ["--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      source: "parlance.yaml",
      valid: false,
      warnings: [],
      problems: [
        { path: "server.prot", line: 2, column: 11, message: "is not a setting.", suggestion: "port" },
        {
          path: "models.smart.targets[0].provider",
          line: 7,
          column: 18,
          message: 'There is no provider "opnai".',
          suggestion: "openai",
        },
      ],
    });
  });

  it("says what is valid, and ends with 0", async () => {
    const yaml =
      "providers: { a: { plugin: simulator } }\nmodels: { m: { targets: [ { provider: a, model: echo } ] } }";
    const { code, out, error } = await check(yaml);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(/^parlance\.yaml: valid, 1 provider, 1 model, version [0-9a-f]{12}\.\n$/);
  });

  it("says what there is without a file", async () => {
    const { code, out } = await check(undefined, { OPENAI_API_KEY: "sk-1" });
    expect(code).toBe(0);
    expect(out).toMatch(/^the usual providers \(no file\): valid, 2 providers, 0 models, /);
  });

  it("reads the file that is named, and says when it cannot", async () => {
    writeFileSync(join(cwd, "other.json"), '{"log": {"level": "loud"}}');
    const { code, out } = await check(undefined, {}, ["--config", "other.json"]);
    expect(code).toBe(1);
    expect(out).toContain('other.json:1:10 log.level: cannot be "loud".');
    const none = await check(undefined, {}, ["--config", "none.yaml"]);
    expect(none).toMatchObject({ code: 1, out: "" });
    expect(none.error).toMatch(/^parlance: The configuration file none\.yaml cannot be read: ENOENT/);
  });

  it("checks settings by the schema of a plugin that the file itself names, without running its code", async () => {
    const room = await throwAway();
    try {
      const settings = {
        type: "object",
        properties: { region: { type: "string" } },
        required: ["region"],
        additionalProperties: false,
      };
      const path = await room.plugin("choosy", { settings }, 'throw new Error("it ran");');
      const { code, out } = await check(
        `plugins: { paths: [ "${path}" ] }\nproviders:\n  choosy:\n    settings: { regoin: here }\n`,
      );
      expect(code).toBe(1);
      expect(out).toBe(
        [
          "parlance.yaml:4:5 providers.choosy.settings.region: It is required.",
          'parlance.yaml:4:17 providers.choosy.settings.regoin: It is not known. Did you mean "region"?',
          "2 problems in parlance.yaml.\n",
        ].join("\n"),
      );
    } finally {
      await room.remove();
    }
  });
});

describe("a plugin that cannot be used", () => {
  it("is told by config check, and is no problem of the configuration", async () => {
    const room = await throwAway();
    try {
      const path = await room.plugin("odd", { api: 7 });
      const { code, out, error } = await check(`plugins: { paths: [ "${path}" ] }\nproviders: { odd: }\n`);
      expect(code).toBe(0);
      expect(out).toMatch(/^parlance\.yaml: valid, 1 provider, /);
      expect(error).toMatch(
        /^parlance: The provider "odd" cannot be used, its plugin is faulty: It speaks plugin api 7/,
      );
    } finally {
      await room.remove();
    }
  });

  it("is told where it is a row that lacks a key, or a part of its address, with the variables that may hold it", async () => {
    const { code, error } = await check(
      `providers:
  groq: {}
  cloudflare: { api_key: k }
  vercel: {}
  openai: {}
  fine: { plugin: groq, api_key: k }
  mine: { plugin: groq, headers: { authorization: own } }
  elsewhere: { plugin: groq, base_url: "http://127.0.0.1:1/v1" }
  vllm: {}
  bedrock: {}
`,
    );
    expect(code).toBe(0);
    expect(error.trim().split("\n")).toEqual([
      'parlance: The provider "groq" has no credential. Set providers.groq.api_key, or the variable GROQ_API_KEY.',
      'parlance: The provider "cloudflare" cannot be used: providers.cloudflare.settings.account_id is required: it is a part of the provider\'s address. Set it, or the variable CLOUDFLARE_ACCOUNT_ID, or base_url.',
      'parlance: The provider "vercel" has no credential. Set providers.vercel.api_key, or the variables AI_GATEWAY_API_KEY or VERCEL_OIDC_TOKEN.',
      'parlance: The provider "openai" has no credential. Set providers.openai.api_key, or the variable OPENAI_API_KEY.',
    ]);
  });

  it("keeps no other provider's models from being listed", async () => {
    const room = await throwAway();
    try {
      const path = await room.plugin("odd", {}, "throw new Error('no such thing');");
      writeFileSync(
        join(cwd, "parlance.yaml"),
        `plugins: { paths: [ "${path}" ] }\nproviders: { odd: , sim: { plugin: simulator } }\n`,
      );
      const { code, out, error } = await runProgram(["models"], { cwd });
      expect(code).toBe(0);
      expect(out).toMatch(/^sim\/echo +sim$/m);
      expect(error).toMatch(/^parlance: The provider "odd" cannot be used: .*no such thing\n$/);
    } finally {
      await room.remove();
    }
  });
});

describe("models", () => {
  it("lists what a configuration names and its providers offer, with where each runs", async () => {
    writeFileSync(
      join(cwd, "parlance.yaml"),
      "providers: { sim: { plugin: simulator } }\nmodels: { smart: { targets: [ { provider: sim, model: lorem } ] } }",
    );
    const { code, out, error } = await runProgram(["models"], { cwd });
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(/^sim\/echo +sim$/m);
    expect(out).toMatch(/^smart +sim\/lorem$/m);
    const asJson = await runProgram(["models", "--json"], { cwd });
    expect(JSON.parse(asJson.out)).toContainEqual({ name: "smart", targets: ["sim/lorem"] });
  });

  it("says what is wrong with the configuration, and ends with 1", async () => {
    writeFileSync(join(cwd, "parlance.yaml"), "modles: {}");
    expect(await runProgram(["models"], { cwd })).toMatchObject({
      code: 1,
      out: "",
      error: 'parlance: parlance.yaml:1:1 modles: is not a setting. Did you mean "models"?\n',
    });
  });
});
