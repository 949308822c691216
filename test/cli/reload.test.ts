import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { openAiStream } from "../kits/openai-wire.js";
import { buildProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";
import { startUpstream } from "../kits/upstream.js";

const ONE =
  "providers: { sim: { plugin: simulator } }\nmodels: { one: { targets: [ { provider: sim, model: echo } ] } }\n";
const TWO = ONE.replace("one:", "two:");

let serving: Serving;
beforeAll(buildProgram, 120_000);
afterEach(() => serving.remove());

function ask(model: string, more = {}): Promise<Response> {
  return fetch(`${serving.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], ...more }),
  });
}

async function ready(): Promise<string> {
  const { config_version } = (await (await fetch(`${serving.url}/ready`)).json()) as { config_version: string };
  return config_version;
}

/** The newest log line with this message, once there are so many of them. */
async function told(msg: string, times = 1): Promise<Record<string, unknown>> {
  await serving.said("out", new RegExp(`(?:"msg":"${msg}"[^]*){${times}}\n$`));
  return serving.records().findLast((record) => record.msg === msg) ?? {};
}

function write(yaml: string): void {
  writeFileSync(join(serving.cwd, "parlance.yaml"), yaml);
}

describe("a configuration that changes while it is served", () => {
  it("is put in force whole, and its version is on every answer", async () => {
    serving = await startServing(ONE);
    const first = await ask("one");
    expect(first.status).toBe(200);
    write(TWO);
    const record = await told("configuration applied");
    const second = await ask("two");
    expect(second.status).toBe(200);
    expect((await ask("one")).status).toBe(404);
    const versions = [first, second].map((answer) => answer.headers.get("x-parlance-config-version"));
    expect(versions[0]).not.toBe(versions[1]);
    expect(record).toMatchObject({
      level: "info",
      why: "the file changed",
      previous_version: versions[0],
      config_version: versions[1],
    });
    expect(await ready()).toBe(versions[1]);
  });

  it("is seen where the file is replaced by renaming, time and again", async () => {
    serving = await startServing(ONE);
    for (const [times, yaml] of [TWO, ONE, TWO].entries()) {
      const beside = join(serving.cwd, "parlance.yaml.new");
      writeFileSync(beside, yaml);
      renameSync(beside, join(serving.cwd, "parlance.yaml"));
      await told("configuration applied", times + 1);
    }
    expect((await ask("two")).status).toBe(200);
  });

  it("is refused when it is not valid, with its problems in the log, and the old one serves on", async () => {
    serving = await startServing(ONE);
    const version = await ready();
    write(`${TWO}zzz: 1\nlog: { level: loud }\n`);
    expect(await told("configuration refused")).toMatchObject({
      level: "error",
      config_version: version,
      problems: [
        "parlance.yaml:3:1 zzz: is not a setting. Known are server, providers, models, plugins, log, store, admin, catalog, resilience, load, routing.",
        expect.stringContaining('parlance.yaml:4:8 log.level: cannot be "loud".'),
      ],
    });
    expect(await ready()).toBe(version);
    expect((await ask("one")).status).toBe(200);
    write(TWO);
    await told("configuration applied");
    expect((await ask("two")).status).toBe(200);
  });

  it("is refused when the file is gone: nothing else takes its place", async () => {
    serving = await startServing(ONE);
    rmSync(join(serving.cwd, "parlance.yaml"));
    const { problems } = await told("configuration refused");
    expect(problems).toEqual([expect.stringMatching(/^The configuration file parlance\.yaml cannot be read: ENOENT/)]);
    expect((await ask("one")).status).toBe(200);
  });

  it("is read on SIGHUP, also where there was no file before, or nothing has changed", async () => {
    serving = await startServing(undefined);
    serving.signal("SIGHUP");
    expect(await told("configuration unchanged")).toMatchObject({ why: "SIGHUP", config_version: await ready() });
    write(ONE);
    serving.signal("SIGHUP");
    expect(await told("configuration applied")).toMatchObject({ why: "SIGHUP" });
    expect((await ask("one")).status).toBe(200);
  });

  it("says what waits for a restart, keeps the flags, and changes the level of the log", async () => {
    serving = await startServing(ONE);
    write(
      `server: { port: 1, host: 127.0.0.2, max_body_bytes: 4096, drain: 7s, request_timeout: 1m }\nstore: { kind: memory }\n${TWO}`,
    );
    expect(await told("configuration applied")).toMatchObject({
      level: "warn",
      // The port is the flag's.
      needs_restart: ["server.host", "server.max_body_bytes", "store"],
    });
    write(`log: { level: error }\n${TWO}`);
    await expect.poll(async () => (await ask("one")).status).toBe(404);
    expect(serving.records().filter(({ msg }) => msg === "configuration applied")).toHaveLength(1);
    serving.signal("SIGTERM");
    expect(await serving.ended).toMatchObject({ code: 0 });
  });
});

describe("an exchange that runs while the configuration changes", () => {
  it("ends on the one that it began on, and then that one's connections are closed", async () => {
    const stream = openAiStream({ text: "one two three", finish: "stop", inputTokens: 7, outputTokens: 3 });
    const cut = stream.indexOf("\n\n", stream.indexOf("one")) + 2;
    let finish = (): void => {};
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(stream.slice(0, cut));
      finish = () => response.end(stream.slice(cut));
    });
    serving = await startServing(`providers: { up: { plugin: openai, base_url: "${upstream.url}/v1" } }\n`);
    const version = await ready();
    const answer = await ask("up/big", { stream: true });
    write(ONE);
    await told("configuration applied");
    expect((await ask("up/big")).status).toBe(404);
    finish();
    expect(await answer.text()).toMatch(/three[^]*data: \[DONE\]\n\n$/);
    expect(answer.headers.get("x-parlance-config-version")).toBe(version);
    await expect.poll(() => upstream.openSockets()).toBe(0);
    await upstream.close();
  });
});
