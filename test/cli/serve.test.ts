import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, runProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";

let serving: Serving;
let cwd: string;
beforeAll(async () => {
  buildProgram();
  cwd = mkdtempSync(join(tmpdir(), "parlance-cli-"));
  serving = await startServing(
    "providers: { sim: { plugin: simulator } }\nmodels: { smart: { targets: [ { provider: sim, model: echo } ] }, priced: { targets: [ { provider: sim, model: echo, price: { input: '1.25', output: '10' } } ] } }",
  );
}, 120_000);
afterAll(async () => {
  rmSync(cwd, { recursive: true });
  await serving.remove();
});

function ask(model: string, more = {}): Promise<Response> {
  return fetch(`${serving.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "s3cret words" }], ...more }),
  });
}

describe("serve", () => {
  it("says on standard error where it listens and what it has", () => {
    const said = serving.error();
    expect(said).toMatch(/^Parlance \d+\.\d+\.\d+ serves at http:\/\/127\.0\.0\.1:\d+\n/);
    expect(said).toContain(`${serving.url}/parlance.v1.CompletionService`);
    expect(said).toContain(`${serving.url}/v1\n`);
    expect(said).toMatch(/configuration +parlance\.yaml/);
    expect(said).toMatch(/plugins .*simulator \(validated\), \d+ others to be had \(parlance plugin list\)\n/);
    expect(said).not.toContain("warning");
    expect(said).toMatch(/models .*priced, smart/);
    expect(said).toMatch(/providers .*sim; any model of theirs/);
  });

  it("writes one JSON line for each exchange, without its words", async () => {
    const before = serving.records().length;
    expect((await ask("smart")).status).toBe(200);
    await (await ask("smart", { stream: true })).text();
    expect((await ask("none")).status).toBe(404);
    await serving.said("out", /"model":"none"[^]*\n$/);
    const records = serving.records().slice(before);
    expect(records).toHaveLength(3);
    expect(records).toMatchObject([
      {
        level: "info",
        msg: "exchange",
        door: "openai",
        model: "smart",
        provider: "sim",
        stream: false,
        finish: "stop",
      },
      {
        level: "info",
        msg: "exchange",
        model: "smart",
        stream: true,
        finish: "stop",
        input_tokens: expect.any(Number),
      },
      { level: "info", msg: "exchange", model: "none", error: "model_not_found" },
    ]);
    for (const { time, request_id } of records) {
      expect(new Date(time as string).getTime()).not.toBeNaN();
      expect(request_id).toMatch(/^req_/);
    }
    expect(serving.out()).not.toContain("s3cret");
  });

  it("says that the port is taken, and ends with 1", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { code, out, error } = await runProgram(["serve", "--port", String(port)], { cwd });
    server.close();
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error).toBe(
      `parlance: The port is taken (listen EADDRINUSE: address already in use 127.0.0.1:${port}). Choose another with --port, 0 for any that is free.\n`,
    );
  });

  it("says that an address is not of this machine, and ends with 1", async () => {
    // RFC 5737: an address for documentation, which no machine has.
    const { code, error } = await runProgram(["serve", "--port", "0", "--host", "192.0.2.1"], { cwd });
    expect(code).toBe(1);
    expect(error).toMatch(/^parlance: There is no address 192\.0\.2\.1 on this machine\.\n$/);
  });

  it("says what is wrong with the configuration, and ends with 1 without listening", async () => {
    const file = join(cwd, "wrong.yaml");
    writeFileSync(file, "server: { prot: 1 }\nlog: { level: loud }\n");
    const { code, out, error } = await runProgram(["serve", "--config", file], { cwd });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error).toContain("The configuration is not valid:");
    expect(error).toContain(`${file}:1:11 server.prot: is not a setting. Did you mean "port"?`);
    expect(error).toContain(`${file}:2:8 log.level: cannot be "loud".`);
  });

  it("says that the variable of the admin key holds what no header can carry, without its words", async () => {
    const environment = { PARLANCE_ADMIN_KEY: "two wörds" };
    expect(await runProgram(["serve", "--port", "0"], { cwd, environment })).toMatchObject({
      code: 1,
      error: "parlance: PARLANCE_ADMIN_KEY holds no admin key: it must be one word of visible ASCII.\n",
    });
  });

  it("takes its flags over the file", async () => {
    const other = await startServing("server: { port: 1, host: 192.0.2.1 }\nlog: { level: info }", [
      "--host",
      "127.0.0.1",
      "--log-level",
      "silent",
    ]);
    try {
      expect((await fetch(`${other.url}/ready`)).status).toBe(200);
      await fetch(`${other.url}/v1/chat/completions`, { method: "POST", body: '{"model":"x"}' });
      other.signal("SIGTERM");
      expect(await other.ended).toMatchObject({ code: 0, out: "" });
    } finally {
      await other.remove();
    }
  });
});

describe("models --url", () => {
  it("lists what a running gateway lists, with what each model can do and costs", async () => {
    const { code, out } = await runProgram(["models", "--url", serving.url], { cwd });
    expect(code).toBe(0);
    expect(out).toMatch(/^MODEL +RUNS AT +CONTEXT/);
    expect(out).toMatch(/^smart +sim\/echo +- +unpriced +unpriced +streaming$/m);
    expect(out).toMatch(/^priced +sim\/echo +- +1\.25 +10 +streaming$/m);
    const asJson = await runProgram(["models", "--json", "--url", serving.url], { cwd });
    expect(JSON.parse(asJson.out)).toContainEqual(
      expect.objectContaining({ name: "smart", targets: [expect.objectContaining({ provider: "sim" })] }),
    );
  });
});
