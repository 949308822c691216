import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive, pluginsOf, until } from "../kits/child-processes.js";
import { type Program, startProgram, buildProgram } from "../kits/program.js";

const PLUGINS = fileURLToPath(new URL("../support/plugins", import.meta.url));

let folder: string;
beforeAll(() => {
  buildProgram();
  folder = mkdtempSync(join(tmpdir(), "parlance-supervision-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Served {
  readonly program: Program;
  readonly pid: number;
  readonly url: string;
  readonly file: string;
}

let made = 0;

/** The gateway as it is installed, in a process of its own. */
async function serve(providers: string): Promise<Served> {
  made += 1;
  const file = join(folder, `parlance-${made}.yaml`);
  writeFileSync(file, yaml(providers));
  const program = startProgram(["serve", "--config", file, "--port", "0"], {
    cwd: folder,
    environment: { HOME: folder },
  });
  const [, url = ""] = await program.said("error", /serves at (\S+)/);
  return { program, pid: program.pid, url, file };
}

const yaml = (providers: string): string =>
  `plugins: { paths: [ "${PLUGINS}" ] }\nlog: { level: info }\nstore: { kind: memory }\nproviders:\n${providers}`;

const agent = new Agent({ connections: 64 });
afterAll(() => agent.close());

async function ask(url: string, model: string): Promise<{ status: number; body: string }> {
  const { statusCode, body } = await request(`${url}/v1/chat/completions`, {
    dispatcher: agent,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
  });
  return { status: statusCode, body: await body.text() };
}

/** A thousand requests in a second, half of them for each of two providers. */
const SENDERS = 8;
const EACH_MS = 16;

describe("a plugin's process", () => {
  it("that is killed under load is back within a second, and no request of another provider fails", {
    timeout: 90_000,
  }, async () => {
    const { program, pid, url } = await serve(
      "  one: { plugin: moody, isolation: process }\n  two: { plugin: simulator }\n",
    );
    expect((await ask(url, "one/talk")).status).toBe(200);
    const [child] = pluginsOf(pid);
    if (child === undefined) throw new Error("there is no process of the plugin");

    const told = { one: { ok: 0, failed: 0 }, two: { ok: 0, failed: 0 } };
    let back = Number.NaN;
    let killed = Number.NaN;
    let running = true;
    const load = async (provider: "one" | "two", model: string): Promise<void> => {
      for (let due = performance.now(); running; due += EACH_MS) {
        await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
        const begun = performance.now();
        const { status } = await ask(url, `${provider}/${model}`);
        if (status === 200) told[provider].ok += 1;
        else told[provider].failed += 1;
        // What began after the end of the process is answered by another one.
        if (provider === "one" && status === 200 && begun > killed && Number.isNaN(back)) {
          back = performance.now() - killed;
        }
      }
    };
    const loads = Array.from({ length: SENDERS }, () => [load("one", "talk"), load("two", "echo")]).flat();
    await until(() => told.one.ok > 1000 && told.two.ok > 1000, 25_000);
    const warm = { at: performance.now(), answers: told.one.ok + told.two.ok };
    process.kill(child.pid, "SIGKILL");
    killed = performance.now();
    await until(() => !Number.isNaN(back), 15_000);
    const [oneBefore, twoBefore] = [told.one.ok, told.two.ok];
    await until(() => told.one.ok > oneBefore + 500 && told.two.ok > twoBefore + 500, 25_000);
    const rate = (told.one.ok + told.two.ok - warm.answers) / ((performance.now() - warm.at) / 1000);
    running = false;
    await Promise.all(loads);
    process.stdout.write(
      `${Math.round(rate)} requests/s; back after ${Math.round(back)} ms; ${JSON.stringify(told)}\n`,
    );
    expect(told.two.failed).toBe(0);
    // Those that ran; what comes while it is away waits for it.
    expect(told.one.failed).toBeLessThanOrEqual(SENDERS);
    // A second on a machine that has nothing else to do; a busy one is no failure.
    expect(back).toBeLessThan(8000);
    expect(program.out()).toContain("It was ended by SIGKILL.");

    const left = pluginsOf(pid).map((found) => found.pid);
    expect(left).toHaveLength(1);
    program.signal("SIGTERM");
    expect((await program.ended).code).toBe(0);
    expect(left.filter(isAlive)).toEqual([]);
  });

  it("ends by itself when the gateway is killed", async () => {
    const { program, pid, url } = await serve("  one: { plugin: moody, isolation: process }\n");
    expect((await ask(url, "one/talk")).status).toBe(200);
    const children = pluginsOf(pid).map((found) => found.pid);
    expect(children).toHaveLength(1);
    const environment = readFileSync(`/proc/${children[0]}/environ`, "utf8");
    const socket = /PARLANCE_PLUGIN_SOCKET=([^\0]+)/.exec(environment)?.[1] ?? "";
    expect(existsSync(socket)).toBe(true);
    program.signal("SIGKILL");
    await program.ended;
    await until(() => !children.some(isAlive), 5000);
    expect(existsSync(join(socket, ".."))).toBe(false);
  });

  it("does not outlive a gateway that is told twice to end, while it hangs", async () => {
    const { program, pid, url } = await serve(
      "  one: { plugin: moody, isolation: process, supervision: { health_interval: 1h } }\n",
    );
    expect((await ask(url, "one/talk")).status).toBe(200);
    const children = pluginsOf(pid).map((found) => found.pid);
    void ask(url, "one/loop").catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    program.signal("SIGTERM");
    await program.said("error", /SIGTERM: no new work/);
    program.signal("SIGTERM");
    await program.ended;
    await until(() => !children.some(isAlive), 5000);
  });

  it("is replaced with its configuration, and the one before ends", async () => {
    const { program, pid, url, file } = await serve("  one: { plugin: moody, isolation: process }\n");
    expect((await ask(url, "one/talk")).body).toContain("Hello, world");
    const [before] = pluginsOf(pid);
    writeFileSync(file, yaml("  one: { plugin: moody, isolation: process, settings: { greeting: Moin } }\n"));
    await until(async () => (await ask(url, "one/talk")).body.includes("Moin, world"), 15_000);
    await until(() => !isAlive(before?.pid ?? 0), 5000);
    expect(pluginsOf(pid)).toHaveLength(1);
    program.signal("SIGTERM");
    await program.ended;
    expect(pluginsOf(pid)).toEqual([]);
  });
});

describe("a plugin in the gateway's own thread", () => {
  it("lets a promise fail and throws where nobody catches it: the gateway serves, and its log names the plugin", async () => {
    const { program, url } = await serve(
      "  one: { plugin: moody, api_key: sk-moody-4711 }\n  two: { plugin: simulator }\n",
    );
    expect((await ask(url, "one/reject")).body).toContain("unharmed");
    expect((await ask(url, "two/echo")).status).toBe(200);
    program.signal("SIGTERM");
    const { code, out } = await program.ended;
    expect(code).toBe(0);
    const records = out
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
    expect(records).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          msg: "unhandled rejection",
          plugin: "moody",
          error_message: "nobody waits for this with [hidden]",
        }),
        expect.objectContaining({ msg: "uncaught exception", plugin: "moody", error_message: "nobody catches this" }),
      ]),
    );
    expect(out).not.toContain("sk-moody-4711");
  });
});

describe("where plugins listen", () => {
  it("is a directory of the gateway's user alone, and is gone with them", async () => {
    const { program, pid, url } = await serve("  one: { plugin: moody, isolation: process }\n");
    await ask(url, "one/talk");
    const [child] = pluginsOf(pid);
    const environment = readFileSync(`/proc/${child?.pid}/environ`, "utf8");
    const socket = /PARLANCE_PLUGIN_SOCKET=([^\0]+)/.exec(environment)?.[1] ?? "";
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
    program.signal("SIGTERM");
    await program.ended;
    expect(existsSync(join(socket, ".."))).toBe(false);
  });
});
