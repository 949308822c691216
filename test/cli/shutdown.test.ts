import * as http from "node:http";
import * as http2 from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAiStream } from "../kits/openai-wire.js";
import { buildProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";
import { startUpstream, type TestUpstream } from "../kits/upstream.js";

const STREAM = openAiStream({ text: "one two three", finish: "stop", inputTokens: 7, outputTokens: 3 });
const CUT = STREAM.indexOf("\n\n", STREAM.indexOf("one")) + 2;

let upstream: TestUpstream;
let serving: Serving;
let finish: () => void;
const cleanups: (() => void)[] = [];

beforeAll(buildProgram, 120_000);
beforeEach(async () => {
  upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(STREAM.slice(0, CUT));
    finish = () => response.end(STREAM.slice(CUT));
  });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await serving.remove();
  await upstream.close();
});

async function serve(server = ""): Promise<void> {
  serving = await startServing(`
server: { ${server} }
providers: { simulator: {}, up: { plugin: openai, base_url: "${upstream.url}/v1" } }
`);
}

/** A stream that has begun, and waits for its upstream. */
async function openStream(): Promise<{ text(): string; readonly ended: Promise<void> }> {
  let text = "";
  const body = JSON.stringify({ model: "up/big", stream: true, messages: [{ role: "user", content: "Count" }] });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const agent = new http.Agent({ keepAlive: true });
    cleanups.push(() => agent.destroy());
    http
      .request(
        `${serving.url}/v1/chat/completions`,
        { method: "POST", agent, headers: { "content-type": "application/json" } },
        resolve,
      )
      .on("error", reject)
      .end(body);
  });
  response.setEncoding("utf8");
  const ended = new Promise<void>((resolve) => {
    response.once("close", resolve).once("error", () => {});
  });
  await new Promise<void>((resolve, reject) => {
    response.on("data", (piece: string) => {
      text += piece;
      if (text.includes("one")) resolve();
    });
    response.once("close", () => reject(new Error(`it ended with ${response.statusCode}: ${text}`)));
  });
  return { text: () => text, ended };
}

async function rawConnection(): Promise<Socket> {
  const { hostname, port } = new URL(serving.url);
  const socket = connect(Number(port), hostname);
  cleanups.push(() => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  socket.on("error", () => {});
  return socket;
}

/** Idle connections of every kind: fresh, after an HTTP/1.1 request, and HTTP/2. */
async function openIdle(): Promise<void> {
  await rawConnection();
  const used = await rawConnection();
  used.write("GET /health HTTP/1.1\r\nhost: a\r\n\r\n");
  await new Promise((resolve) => used.once("data", resolve));
  const session = http2.connect(serving.url);
  cleanups.push(() => session.destroy());
  session.on("error", () => {});
  const request = session.request({ ":path": "/health" });
  await new Promise((resolve) => request.on("end", resolve).resume());
}

async function refused(): Promise<void> {
  for (;;) {
    const isOpen = await rawConnection().then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        // One that was waiting to be accepted when the port closed is reset; the next is refused.
        if (error.code === "ECONNRESET") return true;
        expect(error.code).toBe("ECONNREFUSED");
        return false;
      },
    );
    if (!isOpen) return;
  }
}

describe.each(["SIGTERM", "SIGINT"] as const)("after %s", (signal) => {
  it("a running stream finishes, new connections are refused, and the end is 0", async () => {
    await serve();
    const stream = await openStream();
    serving.signal(signal);
    await serving.said("error", new RegExp(`${signal}: no new work; running requests may end within 600 s\\.\n`));
    await refused();
    expect(stream.text()).not.toContain("two");
    finish();
    await stream.ended;
    expect(stream.text()).toMatch(/"content":"? ?three[^]*data: \[DONE\]\n\n$/);
    expect(await serving.ended).toMatchObject({ code: 0, signal: null });
    expect(serving.records()).toMatchObject([{ msg: "exchange", model: "up/big", finish: "stop", output_tokens: 3 }]);
  });
});

describe("a drain", () => {
  it("is not held by connections that carry no request", async () => {
    await serve("drain: 10m, header_timeout: 10m");
    await openIdle();
    serving.signal("SIGTERM");
    expect(await serving.ended).toMatchObject({ code: 0, signal: null });
  });

  it("ends what runs when its time is over, and tells the client in its own dialect", async () => {
    await serve("drain: 100ms");
    const stream = await openStream();
    serving.signal("SIGTERM");
    await stream.ended;
    const events = stream.text().trimEnd().split("\n\n");
    const told = events.map((event) => event.replace(/^data: /, "")).find((data) => data.includes('"error"'));
    expect(JSON.parse(told ?? "{}")).toMatchObject({
      error: { message: expect.any(String), type: expect.any(String) },
    });
    expect(await serving.ended).toMatchObject({ code: 0, signal: null });
    expect(serving.records()).toMatchObject([{ msg: "exchange", model: "up/big", error: expect.any(String) }]);
  });

  it("ends at once on a second signal, and the log keeps what was written", async () => {
    await serve();
    await (
      await fetch(`${serving.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"model":"simulator/echo","messages":[{"role":"user","content":"Hi"}]}',
      })
    ).text();
    await openStream();
    serving.signal("SIGTERM");
    await serving.said("error", /SIGTERM: no new work/);
    serving.signal("SIGTERM");
    expect(await serving.ended).toMatchObject({ code: 0, signal: null });
    expect(serving.error()).toContain("SIGTERM again: ending at once.\n");
    expect(serving.records()).toMatchObject([{ model: "simulator/echo" }]);
  });
});
