import * as http from "node:http";
import * as http2 from "node:http2";
import * as tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { certificate, connectRaw, startListener, type TestListener } from "../../test/kits/listener.js";

// So long that a test which needs it to pass would time out.
const LONG_MS = 600_000;

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function start(tlsOptions = {}): Promise<TestListener> {
  const listener = await startListener(tlsOptions);
  cleanups.push(() => listener.destroy());
  return listener;
}

/** A client's end of a stream: what has come, and how it ended. */
interface Reader {
  text(): string;
  /** True for a whole answer, false for one that was cut. */
  readonly ended: Promise<boolean>;
  /** Resolves when the server has closed the connection. */
  readonly left: Promise<void>;
}

function read1(url: string, agent: http.Agent): Reader {
  let text = "";
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const ended = new Promise<boolean>((resolve) => {
    http
      .get(`${url}/feed`, { agent }, (response) => {
        response.socket.once("close", () => leave());
        response.on("data", (part: Buffer) => {
          text += part.toString();
        });
        response.once("error", () => {});
        response.once("close", () => resolve(response.complete));
      })
      .once("error", () => resolve(false));
  });
  return { text: () => text, ended, left };
}

function read2(session: http2.ClientHttp2Session): Reader {
  const stream = session.request({ ":path": "/feed" });
  let text = "";
  let whole = false;
  stream.on("data", (part: Buffer) => {
    text += part.toString();
  });
  stream.once("error", () => {});
  stream.once("end", () => {
    whole = true;
  });
  const ended = new Promise<boolean>((resolve) =>
    stream.once("close", () => resolve(whole && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR)),
  );
  const left = new Promise<void>((resolve) => session.once("close", resolve));
  return { text: () => text, ended, left };
}

function connect2(url: string): http2.ClientHttp2Session {
  const session = http2.connect(url, { ca: certificate.cert, servername: "localhost" });
  session.on("error", () => {});
  cleanups.push(() => session.destroy());
  return session;
}

function keepAlive(): http.Agent {
  const agent = new http.Agent({ keepAlive: true });
  cleanups.push(() => agent.destroy());
  return agent;
}

describe("a drain", () => {
  it("lets running streams of both versions finish, and then is over", async () => {
    const listener = await start();
    const reader1 = read1(listener.url, keepAlive());
    const feed1 = await listener.nextFeed();
    const reader2 = read2(connect2(listener.url));
    const feed2 = await listener.nextFeed();
    feed1.write("before");
    feed2.write("before");
    let over = false;
    const drained = listener.drain(LONG_MS).then(() => {
      over = true;
    });
    expect(listener.draining.aborted).toBe(true);
    feed1.write("after");
    feed1.end();
    expect(await reader1.ended).toBe(true);
    // The client would keep its connection.
    await reader1.left;
    expect(over).toBe(false);
    feed2.write("after");
    feed2.end();
    expect(await reader2.ended).toBe(true);
    await drained;
    for (const reader of [reader1, reader2]) expect(reader.text()).toBe("data: before\n\ndata: after\n\n");
  });

  it("refuses new connections at once, and new requests on HTTP/2", async () => {
    const listener = await start();
    const session = connect2(listener.url);
    const reader = read2(session);
    const feed = await listener.nextFeed();
    const goaway = new Promise((resolve) => session.once("goaway", resolve));
    const drained = listener.drain(LONG_MS);
    await goaway;
    await expect(connectRaw(listener.port).then(() => "connected")).rejects.toThrow();
    expect(() => session.request({ ":path": "/version" })).toThrow();
    feed.end();
    expect(await reader.ended).toBe(true);
    await drained;
  });

  it("tells an HTTP/1.1 client with its answer that the connection ends", async () => {
    const listener = await startListener({}, ({ app, draining }) => {
      app.get("/slow", (_request, reply) => {
        draining.addEventListener("abort", () => void reply.send("done"));
        asked();
      });
    });
    let asked = (): void => {};
    const running = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const client = await connectRaw(listener.port);
    client.socket.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
    await running;
    await listener.drain(LONG_MS);
    expect(await client.closed).toMatch(/^HTTP\/1.1 200 OK[^]*connection: close[^]*done$/i);
  });

  it.each(["plaintext", "TLS"])(
    "closes idle, silent and half-open connections at once, in %s, and is not held by them",
    async (kind) => {
      const secure = kind === "TLS";
      const listener = await start(secure ? { tls: certificate } : {});
      const open = async () => {
        if (!secure) return (await connectRaw(listener.port)).socket;
        const socket = tls.connect({
          port: listener.port,
          host: "127.0.0.1",
          ca: certificate.cert,
          servername: "localhost",
        });
        socket.on("error", () => {});
        await new Promise((resolve) => socket.once("secureConnect", resolve));
        return socket;
      };
      // A keep-alive connection between two requests.
      const idle = await open();
      cleanups.push(() => idle.destroy());
      const answered = new Promise((resolve) => idle.once("data", resolve));
      idle.write("GET /version HTTP/1.1\r\nhost: a\r\n\r\n");
      await answered;
      // One that has not said anything, and one in the middle of its headers.
      const silent = await connectRaw(listener.port);
      cleanups.push(() => silent.socket.destroy());
      const partial = await open();
      cleanups.push(() => partial.destroy());
      partial.write("GET /version HT");
      // An HTTP/2 session without a stream, and one that will have one.
      const quiet = connect2(listener.url);
      const session = connect2(listener.url);
      await Promise.all([quiet, session].map((one) => new Promise((resolve) => one.once("remoteSettings", resolve))));
      // An HTTP/2 client that never closes its side.
      const stubborn = await connectRaw(listener.port, { allowHalfOpen: true });
      cleanups.push(() => stubborn.socket.destroy());
      stubborn.socket.write(
        Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]),
      );
      const running = session.request({ ":path": "/feed" });
      running.on("error", () => {});
      running.resume();
      const feed = await listener.nextFeed();
      for (const socket of [idle, silent.socket, partial]) socket.resume();
      const lost = [idle, silent.socket, partial, quiet].map(
        (one) => new Promise((resolve) => one.once("close", resolve)),
      );
      const drained = listener.drain(LONG_MS);
      await Promise.all(lost);
      expect(running.closed).toBe(false);
      feed.end();
      await drained;
    },
  );

  it("says when the grace is over, and then ends what still runs", async () => {
    const listener = await start();
    const reader1 = read1(listener.url, keepAlive());
    await listener.nextFeed();
    const reader2 = read2(connect2(listener.url));
    const feed2 = await listener.nextFeed();
    listener.ending.addEventListener("abort", () => {
      feed2.write("an error");
      feed2.end();
    });
    await listener.drain(50);
    expect(await reader1.ended).toBe(false);
    expect(await reader2.ended).toBe(true);
    expect(reader2.text()).toBe("data: an error\n\n");
  });

  it.each(["plaintext", "TLS"])("ends at once when it is forced, in %s", async (kind) => {
    const listener = await start(kind === "TLS" ? { tls: certificate } : {});
    const reader = read2(connect2(listener.url));
    const feed = await listener.nextFeed();
    const drained = listener.drain(LONG_MS);
    const again = listener.drain(LONG_MS);
    listener.destroy();
    await Promise.all([drained, again, feed.closed]);
    expect(await reader.ended).toBe(false);
  });

  it("closes the app, and is over at once where nothing is open", async () => {
    let closed = false;
    const listener = await startListener({}, ({ app }) => {
      app.addHook("onClose", () => {
        closed = true;
        return Promise.resolve();
      });
    });
    await listener.drain(LONG_MS);
    expect(closed).toBe(true);
  });
});
