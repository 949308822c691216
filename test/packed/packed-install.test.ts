import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalRegistry, startLocalRegistry } from "../kits/local-registry.js";
import { buildProgram } from "../kits/program.js";
import { type SeenRequest, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Client, grpcCalls } from "./grpc-calls.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const ANSWER = { id: "say-1", bird: "grey-1", says: "Polly wants a cracker", ended: "done", heard: 4, said: 5 };

let scratch: string;
let registry: LocalRegistry;
let parrot: TestUpstream;
/** Where Parlance and the plugin are installed, from their tarballs. */
let clean: string;
let gateway: ChildProcess;
let url: string;
let grpc: Client;

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const more = ["--no-audit", "--no-fund", `--registry=${registry.url}`, `--cache=${join(scratch, "cache")}`];
  return (await run("npm", [...args, ...more], { cwd })).stdout;
}

/** A folder of its own with such files. */
function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(scratch, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

/** The Parrot API: whole, or as lines that come one after the other. */
async function answerAsParrot(request: SeenRequest, response: ServerResponse): Promise<void> {
  const { live } = request.json();
  if (live !== true) {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(ANSWER));
    return;
  }
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const { says, ended, heard, said, ...every } = ANSWER;
  for (const word of says.split(/(?= )/)) {
    response.write(`${JSON.stringify({ ...every, says: word })}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end(`${JSON.stringify({ ...every, ended, heard, said })}\n`);
}

beforeAll(async () => {
  buildProgram();
  scratch = mkdtempSync(join(tmpdir(), "parlance-packed-"));
  registry = await startLocalRegistry();
  parrot = await startUpstream(answerAsParrot);
  const tarballs = folder("tarballs", {});
  await npm(root, "pack", "--workspace=@parlance/sdk", "--include-workspace-root", `--pack-destination=${tarballs}`);

  // The author's machine: the SDK from its tarball, TypeScript, and nothing of the gateway.
  const author = join(scratch, "author");
  cpSync(join(root, "docs/examples/parlance-plugin-parrot"), author, { recursive: true });
  await npm(author, "install", "--no-save", join(tarballs, "parlance-sdk-0.1.0.tgz"), "@types/node");
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", author]);
  await run(process.execPath, [join(root, "dist/main.js"), "plugin", "pack", author], { cwd: tarballs });

  // The operator's.
  clean = folder("clean", {
    "package.json": "{}",
    "parlance.yaml": `providers:
  parrot: { base_url: "${parrot.url}", api_key: squawk }
  apart: { plugin: parrot, isolation: process, base_url: "${parrot.url}", api_key: squawk }
  aside: { plugin: parrot, isolation: worker, base_url: "${parrot.url}", api_key: squawk }
`,
  });
  await npm(clean, "install", join(tarballs, "parlance-0.1.0.tgz"), join(tarballs, "parlance-plugin-parrot-1.0.0.tgz"));
  gateway = spawn(join(clean, "node_modules/.bin/parlance"), ["serve", "--port", "0"], {
    cwd: clean,
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  url = await new Promise((resolve, reject) => {
    let said = "";
    gateway.stderr?.setEncoding("utf8").on("data", (piece: string) => {
      said += piece;
      const [, found] = /serves at (\S+)/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    gateway.once("exit", () => reject(new Error(`the gateway ended: ${said}`)));
  });
  grpc = await grpcCalls(url, join(clean, "node_modules/parlance/proto"));
}, 240_000);

afterAll(async () => {
  grpc?.close();
  if (gateway?.exitCode === null) {
    gateway.kill("SIGKILL");
    await new Promise((resolve) => gateway.once("close", resolve));
  }
  await parrot?.close();
  await registry?.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe("a clean directory with Parlance and a third party's provider, both from tarballs,", () => {
  it("holds no SDK for the plugin, which is lent the gateway's", () => {
    expect(existsSync(join(clean, "node_modules/@parlance"))).toBe(false);
    const code = readFileSync(join(clean, "node_modules/parlance-plugin-parrot/dist/index.js"), "utf8");
    expect(code).toContain('"@parlance/sdk"');
  });

  it("needs no sources, no tests and no tools of the repository", () => {
    const inside = readdirSync(join(clean, "node_modules/parlance"), { recursive: true }) as string[];
    expect(inside).toContain(join("dist", "main.js"));
    expect(
      inside.sort().filter((file) => /\.test\.|\.map$|tsbuildinfo|\.parlance-setup|(?<!\.d)\.ts$/.test(file)),
    ).toEqual([
      // What `parlance plugin new` writes.
      "templates/plugin/common/test/provider.test.js",
      "templates/plugin/ts/src/index.ts",
    ]);
    expect(inside.filter((file) => /^(?:src|test|docs\/examples|setup\.mjs)(?:\/|$)/.test(file))).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
    expect(Object.keys(dependencies).every((name) => existsSync(join(clean, "node_modules", name)))).toBe(true);
  });

  it("lists the provider's model, in REST and in gRPC", async () => {
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toContain("parrot/grey-1");
    expect((await grpc.listModels()).map(({ name }) => name)).toContain("parrot/grey-1");
  });

  const MESSAGES = [{ role: "user", content: "Speak" }];
  const CHAT = {
    chat: { model: "parrot/grey-1", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Speak" } }] }] },
  };
  const CONTENTS = [{ role: "user", parts: [{ text: "Speak" }] }];
  const rest = async (path: string, body: object, headers = {}): Promise<string> => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  };
  const model = "parrot/grey-1";
  const doors: Record<string, (stream: boolean) => Promise<string>> = {
    "OpenAI chat completions": (stream) => rest("/v1/chat/completions", { model, stream, messages: MESSAGES }),
    "OpenAI Responses": (stream) => rest("/v1/responses", { model, stream, store: false, input: "Speak" }),
    "Anthropic messages": (stream) =>
      rest(
        "/v1/messages",
        { model, stream, max_tokens: 50, messages: MESSAGES },
        { "anthropic-version": "2023-06-01" },
      ),
    Gemini: (stream) =>
      rest(`/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`, {
        contents: CONTENTS,
      }),
    "Connect JSON": async (stream) =>
      stream ? await connectStream(CHAT) : await rest("/parlance.v1.CompletionService/Complete", CHAT),
    gRPC: async (stream) => JSON.stringify(stream ? await grpc.stream(CHAT) : await grpc.complete(CHAT)),
  };

  /** One message in a frame of its own: https://connectrpc.com/docs/protocol#streaming-request */
  async function connectStream(message: object): Promise<string> {
    const json = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(json.length, 1);
    const response = await fetch(`${url}/parlance.v1.CompletionService/StreamComplete`, {
      method: "POST",
      headers: { "content-type": "application/connect+json", "connect-protocol-version": "1" },
      body: Buffer.concat([head, json]),
    });
    return response.text();
  }

  it.each(Object.entries(doors))("answers at the door %s, whole", async (_door, ask) => {
    expect(await ask(false)).toContain("Polly wants a cracker");
    expect(parrot.seen.at(-1)).toMatchObject({ path: "/v2/say", headers: { "x-parrot-key": "squawk" } });
    expect(parrot.seen.at(-1)?.json()).toMatchObject({
      bird: "grey-1",
      live: false,
      talk: [{ who: "person", says: "Speak" }],
    });
  });

  it.each(["apart", "aside"])("answers where the plugin runs outside of the gateway's thread: %s", async (provider) => {
    for (const stream of [false, true]) {
      const answer = await rest("/v1/chat/completions", { model: `${provider}/grey-1`, stream, messages: MESSAGES });
      expect(answer).toContain(stream ? " cracker" : "Polly wants a cracker");
    }
  });

  it.each(["openai", "simulator"])(
    "has the conformance kit, which finds nothing wrong with %s",
    async (plugin) => {
      const { stdout } = await run(join(clean, "node_modules/.bin/parlance"), ["plugin", "test", plugin], {
        cwd: clean,
      });
      expect(stdout).toMatch(/\b0 failed/);
    },
    120_000,
  );

  it.each(Object.entries(doors))("answers at the door %s, as a stream", async (_door, ask) => {
    const answer = await ask(true);
    for (const piece of ["Polly", " wants", " a", " cracker"]) expect(answer).toContain(JSON.stringify(piece));
    expect(answer).not.toMatch(/"error":\s*\{/);
    expect(parrot.seen.at(-1)?.json()).toMatchObject({ live: true });
  });
});
