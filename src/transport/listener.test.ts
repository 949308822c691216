import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import * as tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { certificate, connectRaw, startListener, type TestListener } from "../../test/kits/listener.js";

// What every HTTP/2 client begins with: the preface and a SETTINGS frame, here an empty one.
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

let listener: TestListener | undefined;
const cleanups: (() => void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  listener?.destroy();
  await listener?.drain(0);
  listener = undefined;
});

async function start(...options: Parameters<typeof startListener>): Promise<TestListener> {
  listener = await startListener(...options);
  return listener;
}

/** Resolves when the server holds no connection any more. */
async function noConnections({ app }: TestListener): Promise<void> {
  await expect
    .poll(() => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count))), {
      timeout: 5000,
    })
    .toBe(0);
}

function connect2(url: string, options: http2.SecureClientSessionOptions = {}): http2.ClientHttp2Session {
  const session = http2.connect(url, options);
  session.on("error", () => {});
  cleanups.push(() => session.destroy());
  return session;
}

function request2(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, body?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const stream = session.request(headers);
    let status = 0;
    let text = "";
    stream.on("response", (got) => {
      status = got[":status"] ?? 0;
    });
    stream.setEncoding("utf8");
    stream.on("data", (part: string) => {
      text += part;
    });
    stream.once("error", reject);
    stream.once("end", () => resolve({ status, text }));
    stream.end(body);
  });
}

function get(url: string, options: https.RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = url.startsWith("https") ? https : http;
    client
      .get(url, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => resolve(text));
      })
      .once("error", reject);
  });
}

describe("the one port in plaintext", () => {
  it("speaks HTTP/1.1 and HTTP/2 side by side", async () => {
    const { url } = await start();
    const session = connect2(url);
    const answers = await Promise.all([get(`${url}/version`), request2(session, { ":path": "/version" })]);
    expect(answers[0]).toBe('{"version":"1.1"}');
    expect(answers[1]).toEqual({ status: 200, text: '{"version":"2.0"}' });
  });

  it("knows HTTP/2 when its preface comes byte by byte", async () => {
    const { port } = await start();
    const client = await connectRaw(port);
    client.socket.setNoDelay(true);
    for (const byte of PREFACE) {
      client.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The server's own SETTINGS frame: type 4 on stream 0.
    await client.until("\x04\x00\x00\x00\x00\x00");
    client.socket.destroy();
  });

  it("knows HTTP/1.1 when its first line comes byte by byte, also when it begins like the preface", async () => {
    const { port } = await start();
    const client = await connectRaw(port);
    client.socket.setNoDelay(true);
    for (const byte of "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}") {
      client.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until("\r\n\r\n{}");
    expect(client.text()).toMatch(/^HTTP\/1.1 200 OK/);
    client.socket.destroy();
  });

  it("answers garbage with 400 and goes on", async () => {
    const { url, port } = await start();
    const client = await connectRaw(port);
    client.socket.write(Buffer.from([0x16, 0x03, 0x01, 0xff, 0x00, 0x0a]));
    expect(await client.closed).toMatch(/^HTTP\/1.1 400 /);
    expect(await get(`${url}/version`)).toContain("1.1");
  });

  it("ends a connection that breaks off in the middle of the HTTP/2 preface or talks nonsense after it", async () => {
    const { url, port } = await start();
    const broken = await connectRaw(port);
    broken.socket.write("PRI * HTTP/2.0\r\n\r\nXX nonsense");
    await broken.closed;
    const half = await connectRaw(port);
    half.socket.end("PR");
    await half.closed;
    expect(await get(`${url}/version`)).toContain("1.1");
  });

  it("lets a client go that connects and says nothing", async () => {
    const { port } = await start({ headerTimeoutMs: 100 });
    const client = await connectRaw(port);
    expect(await client.closed).toBe("");
  });

  it("cuts a client that trickles its HTTP/1.1 headers", async () => {
    const { port } = await start({ headerTimeoutMs: 200 });
    const client = await connectRaw(port);
    client.socket.write("GET /version HTTP/1.1\r\n");
    const trickle = setInterval(() => client.socket.write("x-a: b\r\n"), 20);
    cleanups.push(() => clearInterval(trickle));
    expect(await client.closed).toMatch(/^(HTTP\/1.1 408 |$)/);
  });

  it("cuts a client that trickles its HTTP/2 headers, and one that never sends them", async () => {
    const running = await start({ headerTimeoutMs: 200 });
    // Neither closes its own side, so that only the server can end the connection.
    const silent = await connectRaw(running.port, { allowHalfOpen: true });
    silent.socket.write(PREFACE);
    const trickling = await connectRaw(running.port, { allowHalfOpen: true });
    // A HEADERS frame of 200 bytes on stream 1, of which one byte comes at a time.
    trickling.socket.write(Buffer.concat([PREFACE, Buffer.from([0, 0, 200, 1, 4, 0, 0, 0, 1])]));
    const trickle = setInterval(() => trickling.socket.write(Buffer.from([0])), 20);
    cleanups.push(() => clearInterval(trickle));
    await Promise.all([silent, trickling].map(({ socket }) => new Promise((resolve) => socket.once("end", resolve))));
    await noConnections(running);
    silent.socket.destroy();
    trickling.socket.destroy();
  });

  it("forgets an HTTP/2 client that closes its side without a word", async () => {
    const running = await start();
    const client = await connectRaw(running.port, { allowHalfOpen: true });
    client.socket.write(PREFACE);
    await client.until("\x04\x00\x00\x00\x00\x00");
    client.socket.end();
    await client.closed;
    await noConnections(running);
  });
});

describe("the one port under TLS", () => {
  const trust = { ca: certificate.cert, servername: "localhost" };

  it("speaks HTTP/2 and HTTP/1.1 by ALPN, and HTTP/1.1 to a client without it", async () => {
    const { url, port } = await start({ tls: certificate });
    const session = connect2(url, trust);
    expect((await request2(session, { ":path": "/version" })).text).toBe('{"version":"2.0"}');
    expect(await get(`${url}/version`, { ...trust, agent: new https.Agent({ ALPNProtocols: ["http/1.1"] }) })).toBe(
      '{"version":"1.1"}',
    );
    const bare = tls.connect({ port, host: "127.0.0.1", ...trust });
    cleanups.push(() => bare.destroy());
    await new Promise((resolve) => bare.once("secureConnect", resolve));
    expect(bare.alpnProtocol).toBe(false);
    bare.write("GET /version HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let text = "";
    for await (const part of bare) text += String(part);
    expect(text).toMatch(/^HTTP\/1.1 200 OK[^]*\{"version":"1.1"\}$/);
  });

  it("closes on a client that speaks plaintext or garbage, and goes on", async () => {
    const { url, port } = await start({ tls: certificate });
    for (const words of [
      "GET /version HTTP/1.1\r\nhost: a\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x00\x01\x02",
    ]) {
      const client = await connectRaw(port);
      client.socket.end(words);
      expect(await client.closed).not.toContain("200 OK");
    }
    expect(await get(`${url}/version`, { ...trust, agent: false })).toBe('{"version":"1.1"}');
  });

  it("cuts a client that never finishes its handshake, and one that trickles its headers", async () => {
    const { port } = await start({ tls: certificate, headerTimeoutMs: 200 });
    const silent = await connectRaw(port);
    const slow = tls.connect({ port, host: "127.0.0.1", ...trust });
    slow.on("error", () => {});
    slow.on("data", () => {});
    const slowClosed = new Promise((resolve) => slow.once("close", resolve));
    await new Promise((resolve) => slow.once("secureConnect", resolve));
    slow.write("GET /version HTTP/1.1\r\n");
    const trickle = setInterval(() => slow.write("x-a: b\r\n"), 20);
    cleanups.push(() => clearInterval(trickle));
    await Promise.all([silent.closed, slowClosed]);
  });
});

describe("streams", () => {
  it.each(["plaintext", "TLS"])("flow as they are written, over both versions, in %s", async (kind) => {
    const running = await start(kind === "TLS" ? { tls: certificate } : {});
    const trust = { ca: certificate.cert, servername: "localhost" };
    const session = connect2(running.url, trust);
    const stream2 = session.request({ ":path": "/feed" });
    stream2.setEncoding("utf8");
    const feed2 = await running.nextFeed();
    const stream1 = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const client = kind === "TLS" ? https : http;
      client.get(`${running.url}/feed`, { ...trust, agent: false }, resolve).once("error", reject);
    });
    stream1.setEncoding("utf8");
    const feed1 = await running.nextFeed();
    for (const [stream, feed] of [
      [stream1, feed1],
      [stream2, feed2],
    ] as const) {
      for (const word of ["one", "two", "three"]) {
        const next = new Promise((resolve) => stream.once("data", resolve));
        feed.write(word);
        expect(await next).toBe(`data: ${word}\n\n`);
      }
      const ended = new Promise((resolve) => stream.once("end", resolve));
      feed.end();
      stream.resume();
      await ended;
    }
  });

  it("end at the server when the client leaves", async () => {
    const running = await start();
    const session = connect2(running.url);
    const stream = session.request({ ":path": "/feed" });
    const feed = await running.nextFeed();
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await feed.closed;
    const left = http.get(`${running.url}/feed`, { agent: false }).on("error", () => {});
    const feed1 = await running.nextFeed();
    left.destroy();
    await feed1.closed;
  });
});

describe("bodies", () => {
  const json = { "content-type": "application/json" };

  it("reach the limit in both versions, and one byte more is 413", async () => {
    const limit = 1024 * 1024;
    const { url } = await start({ maxBodyBytes: limit });
    const post = async (body: string) => {
      const response = await fetch(`${url}/echo`, { method: "POST", headers: json, body });
      return { status: response.status, text: await response.text() };
    };
    const exact = JSON.stringify("x".repeat(limit - 2));
    expect(await post(exact)).toEqual({ status: 200, text: exact.slice(1, -1) });
    expect((await post(`${exact} `)).status).toBe(413);
    expect((await post(JSON.stringify("x".repeat(limit * 8)))).status).toBe(413);
    const session = connect2(url);
    const post2 = (body: string) => request2(session, { ":path": "/echo", ":method": "POST", ...json }, body);
    expect((await post2(exact)).status).toBe(200);
    expect((await post2(`${exact} `)).status).toBe(413);
    expect((await post2(JSON.stringify("x".repeat(limit * 8)))).status).toBe(413);
    expect((await post2("{}")).status).toBe(200);
  });

  it("that are too large are read to their end, so that a client that sends before it reads finds its 413", async () => {
    const { port } = await start({ maxBodyBytes: 1024 });
    const client = await connectRaw(port);
    client.socket.pause();
    const piece = Buffer.alloc(256 * 1024, "x");
    const head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    client.socket.write(`${head}content-length: ${piece.length * 16}\r\n\r\n`);
    for (let n = 0; n < 16; n++) {
      await new Promise<void>((resolve, reject) =>
        client.socket.write(piece, (error) => (error ? reject(error) : resolve())),
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    client.socket.resume();
    await client.until("413 Payload Too Large");
    client.socket.write("GET /version HTTP/1.1\r\nhost: a\r\n\r\n");
    await client.until('{"version":"1.1"}');
    client.socket.destroy();
  });

  it("that stall are answered with 408, and the connection is closed", async () => {
    const { url, port } = await start({ bodyTimeoutMs: 100 });
    const client = await connectRaw(port);
    client.socket.write(
      "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{",
    );
    expect(await client.closed).toMatch(/^HTTP\/1.1 408 [^]*connection: close/i);
    const session = connect2(url);
    const stream = session.request({ ":path": "/echo", ":method": "POST", ...json });
    stream.write("{");
    stream.resume();
    const status = await new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
    expect(status).toBe(408);
    await new Promise((resolve) => stream.once("close", resolve));
    expect((await request2(session, { ":path": "/version" })).status).toBe(200);
  });

  it("that stall before a route that does not read them are cut", async () => {
    const { port } = await start({ bodyTimeoutMs: 100 }, ({ app }) => {
      app.get("/quick", (_request, reply) => void reply.send("quick"));
    });
    const client = await connectRaw(port);
    client.socket.write("GET /quick HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n{");
    expect(await client.closed).toContain("quick");
  });
});
