import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { divert } from "./divert.js";

/** Limits and credentials of the one port. */
export interface ListenerOptions {
  /** PEM; absent means plaintext. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Largest body of a REST request. RPC messages are limited by their own door. */
  readonly maxBodyBytes: number;
  /** Most time for a client to send its headers. */
  readonly headerTimeoutMs: number;
  /** Most time for a client to send its whole body. */
  readonly bodyTimeoutMs: number;
}

/** A server that speaks HTTP/1.1 and HTTP/2 on one port, both ending in one Fastify instance. */
export interface Listener {
  readonly app: FastifyInstance;
  /** Listens; port 0 takes any that is free. */
  listen(host: string, port: number): Promise<{ host: string; port: number; url: string }>;
  /**
   * Takes no new connection and no new request, lets running ones end within `graceMs`, then ends what is left.
   * Idle connections do not hold it.
   */
  drain(graceMs: number): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
}

// One stream may fill a fast network's pipe, and a slow reader holds no more than this at the gateway.
const WINDOW_BYTES = 1024 * 1024;
const MAX_STREAMS = 1000;
const KEEP_ALIVE_MS = 72_000;

const HTTP2_SETTINGS: http2.Settings = { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW_BYTES };

/** Makes the server. Routes are added to `app` before `listen`. */
export function createListener(options: ListenerOptions): Listener {
  const sockets = new Set<Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  let server!: http.Server | http2.Http2SecureServer;
  const app = Fastify({
    bodyLimit: options.maxBodyBytes,
    // The doors answer unknown paths and bad URLs in their own dialects; Fastify's own log stays silent.
    logger: false,
    ...serverOptions(options, sessions, (made) => {
      server = made;
    }),
  } as Parameters<typeof Fastify>[0]) as unknown as FastifyInstance;
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  let draining = false;
  // A client that keeps its connection is told with its answer that it is the last one.
  app.addHook("onRequest", (request, reply, done) => {
    if (draining && request.raw.httpVersionMajor === 1) reply.raw.setHeader("connection", "close");
    done();
  });

  return {
    app,
    async listen(host, port) {
      await app.listen({ host, port });
      const address = server.address() as AddressInfo;
      const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
      return {
        host: address.address,
        port: address.port,
        url: `${options.tls === undefined ? "http" : "https"}://${shown}:${address.port}`,
      };
    },
    async drain(graceMs) {
      draining = true;
      const gone = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const session of sessions) session.close();
      // Connections become idle one by one: those of HTTP/1.1 that are between requests are closed as they do.
      const sweep = setInterval(() => (server as http.Server).closeIdleConnections?.(), 50);
      (server as http.Server).closeIdleConnections?.();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      const ended = Promise.all([gone, allClosed(sockets)]);
      await Promise.race([ended, late]);
      clearTimeout(timer);
      clearInterval(sweep);
      destroyAll(sockets, sessions);
      await gone;
    },
    destroy() {
      destroyAll(sockets, sessions);
    },
  };
}

function serverOptions(
  options: ListenerOptions,
  sessions: Set<http2.ServerHttp2Session>,
  keep: (server: http.Server | http2.Http2SecureServer) => void,
): object {
  const track = (session: http2.ServerHttp2Session): void => {
    sessions.add(session);
    session.setLocalWindowSize(WINDOW_BYTES * 4);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  };
  const timeouts = {
    headersTimeout: options.headerTimeoutMs,
    requestTimeout: options.headerTimeoutMs + options.bodyTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // How often Node looks for connections that are late.
    connectionsCheckingInterval: Math.max(50, Math.min(1000, Math.floor(options.headerTimeoutMs / 4))),
  };
  return {
    serverFactory: (handler: http.RequestListener) => {
      if (options.tls === undefined) {
        const h1 = http.createServer({ ...timeouts, noDelay: true }, handler);
        const h2 = http2.createServer({ settings: HTTP2_SETTINGS }, handler as never);
        h2.on("session", track);
        divert(h1, h2, options.headerTimeoutMs);
        keep(h1);
        return h1;
      }
      const secure = http2.createSecureServer(
        {
          ...options.tls,
          allowHTTP1: true,
          settings: HTTP2_SETTINGS,
          handshakeTimeout: options.headerTimeoutMs,
          ...timeouts,
        },
        handler as never,
      );
      // Node takes these as properties only where a server speaks both versions.
      Object.assign(secure, {
        headersTimeout: timeouts.headersTimeout,
        requestTimeout: timeouts.requestTimeout,
        keepAliveTimeout: KEEP_ALIVE_MS,
      });
      secure.on("session", track);
      secure.on("secureConnection", (socket: Socket) => socket.setNoDelay(true));
      keep(secure);
      return secure;
    },
  };
}

function allClosed(sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (sockets.size === 0) resolve();
      else for (const socket of sockets) socket.once("close", () => sockets.size === 0 && resolve());
    };
    look();
  });
}

function destroyAll(sockets: ReadonlySet<Socket>, sessions: ReadonlySet<http2.ServerHttp2Session>): void {
  for (const session of sessions) session.destroy();
  for (const socket of sockets) socket.destroy();
}
