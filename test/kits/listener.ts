import { readFileSync } from "node:fs";
import * as net from "node:net";
import { createListener, type Listener, type ListenerOptions } from "../../src/transport/listener.js";

/** The certificate that tests serve and trust. */
export const certificate = {
  cert: readFileSync(new URL("../certificates/localhost.cert.pem", import.meta.url)),
  key: readFileSync(new URL("../certificates/localhost.key.pem", import.meta.url)),
};

/** A stream that a test feeds and ends by hand. */
export interface Feed {
  write(text: string): void;
  end(): void;
  /** Resolves when its connection is gone or it has ended. */
  readonly closed: Promise<void>;
}

export interface TestListener extends Listener {
  readonly port: number;
  readonly url: string;
  /** Resolves to the answer of the next `GET /feed`, which is a stream of events. */
  nextFeed(): Promise<Feed>;
}

/** A listener with a few routes on a free port of loopback. */
export async function startListener(
  options: Partial<ListenerOptions> = {},
  addRoutes: (listener: Listener) => void = () => {},
): Promise<TestListener> {
  const listener = createListener({
    maxBodyBytes: 1024 * 1024,
    headerTimeoutMs: 10_000,
    bodyTimeoutMs: 10_000,
    ...options,
  });
  const { app } = listener;
  const feeds: Feed[] = [];
  const waiting: ((feed: Feed) => void)[] = [];
  app.get("/version", (request, reply) => {
    void reply.send({ version: request.raw.httpVersion });
  });
  app.post("/echo", (request, reply) => {
    void reply.send(request.body);
  });
  app.get("/feed", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    const feed: Feed = {
      write: (text) => void reply.raw.write(`data: ${text}\n\n`),
      end: () => void reply.raw.end(),
      closed: new Promise((resolve) => reply.raw.once("close", resolve)),
    };
    reply.raw.flushHeaders?.();
    const taker = waiting.shift();
    if (taker) taker(feed);
    else feeds.push(feed);
  });
  addRoutes(listener);
  const { port, url } = await listener.listen("127.0.0.1", 0);
  return {
    ...listener,
    port,
    url,
    nextFeed: () => {
      const feed = feeds.shift();
      return feed ? Promise.resolve(feed) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** A plain connection of a test's own, with all that came back over it. */
export interface RawClient {
  readonly socket: net.Socket;
  text(): string;
  /** Resolves when the text holds `part`. */
  until(part: string): Promise<void>;
  /** Resolves to all that came when the server has closed. */
  readonly closed: Promise<string>;
}

/** Connects; speaks only what the test writes. */
export async function connectRaw(port: number, options: Partial<net.TcpNetConnectOpts> = {}): Promise<RawClient> {
  const socket = net.connect({ port, host: "127.0.0.1", ...options });
  let received = "";
  socket.on("data", (bytes: Buffer) => {
    received += bytes.toString("latin1");
  });
  // A reset is one of the ways in which a server may close.
  socket.on("error", () => {});
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(received)));
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    socket,
    text: () => received,
    until: (part) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (received.includes(part)) resolve();
        };
        socket.on("data", look);
        socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(received)}, before ${part}`)));
        look();
      }),
    closed,
  };
}
