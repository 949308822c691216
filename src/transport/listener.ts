import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Deadlines } from "../core/deadlines.js";
import { createBodyTimeout } from "./body-timeout.js";
import { createCors } from "./cors.js";
import { divert } from "./divert.js";
import { HTTP2_OPTIONS, prepareSession } from "./http2-session.js";
import { type RawRequest, type RawResponse, type Running, trackRunning } from "./running.js";

/** Limits and credentials of the one port. */
export interface ListenerOptions {
  /** PEM; absent means plaintext. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Largest body of a REST request. RPC messages are limited by their own door. */
  readonly maxBodyBytes: number;
  /** Most time for a client to send its headers, and from its connection to its first request. */
  readonly headerTimeoutMs: number;
  /** Most time for a client to send its whole body. */
  readonly bodyTimeoutMs: number;
  /** Web origins that may call from a browser; `*`, none or absent means any. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Paths of the RPCs whose client streams, to which `bodyTimeoutMs` does not apply. Absent means none. */
  readonly clientStreamingPaths?: ReadonlySet<string> | undefined;
  /** Answers a request without a route in the protocol that it came in; false leaves it to the not-found handler. */
  readonly answerUnknown?: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined;
  /** Answers a request whose URL is none, which no door can be found for. Absent: as Fastify does. */
  readonly refuse?: ((thrown: Error, request: FastifyRequest, reply: FastifyReply) => void) | undefined;
  /** Answers what is no HTTP/1.1 request, or whose headers are late or too large. Absent: as Fastify does. */
  readonly refuseUnreadable?: ((thrown: Error, socket: Socket) => void) | undefined;
}

/** A server that speaks HTTP/1.1 and HTTP/2 on one port, both ending in one Fastify instance. */
export interface Listener {
  readonly app: FastifyInstance;
  /** Aborts when a drain begins: calls that would stay open for ever end themselves. */
  readonly draining: AbortSignal;
  /** Aborts when the grace of a drain is over: what still runs has a second left to tell its client. */
  readonly ending: AbortSignal;
  /** Listens; port 0 takes any that is free. */
  listen(host: string, port: number): Promise<{ host: string; port: number; url: string }>;
  /**
   * Takes no new connection and no new request, lets running ones end within `graceMs`, then ends what is left and
   * closes the app. Connections without a running request do not hold it. A second call joins the first.
   */
  drain(graceMs: number): Promise<void>;
  /** Ends every connection at once; a drain that waits is over then. Takes new ones still, unless a drain has begun. */
  destroy(): void;
}

type PortServer = http.Server | http2.Http2SecureServer;

/** What is open on the port. */
interface Port {
  readonly server: PortServer;
  /** Every connection, as accepted. */
  readonly sockets: Set<Socket>;
  /** Those that speak HTTP/1.1; the TLS socket where there is TLS. */
  readonly http1: Set<Socket>;
  readonly sessions: Set<http2.ServerHttp2Session>;
  /** Those that have not come so far as to speak either. */
  undecided(): Iterable<Socket>;
}

const KEEP_ALIVE_MS = 72_000;
// For clients to read the last bytes and close, when nothing runs any more.
const LINGER_MS = 1000;

/** Makes the server. Routes are added to `app` before `listen`. */
export function createListener(options: ListenerOptions): Listener {
  const running = trackRunning();
  const cors = createCors(options.corsOrigins ?? []);
  const limitBody = createBodyTimeout(
    new Deadlines(),
    options.bodyTimeoutMs,
    options.clientStreamingPaths ?? new Set(),
  );
  let port!: Port;
  const app = Fastify({
    bodyLimit: options.maxBodyBytes,
    // The doors answer unknown paths and bad URLs in their own dialects; Fastify's own log stays silent.
    logger: false,
    // Some providers' ids, which stand in paths, are longer than the router takes by itself.
    routerOptions: { maxParamLength: 500 },
    ...(options.refuse && { frameworkErrors: options.refuse }),
    ...(options.refuseUnreadable && { clientErrorHandler: options.refuseUnreadable }),
    serverFactory: (handler: (request: RawRequest, response: RawResponse) => void) => {
      port = openPort(options, running, (request, response) => {
        running.begin(request, response);
        limitBody(request, response);
        if (!cors(request, response)) handler(request, response);
      });
      return port.server;
    },
  } as Parameters<typeof Fastify>[0]) as unknown as FastifyInstance;
  app.addHook("onRequest", (request, reply, done) => {
    // Before the body is looked at: Fastify refuses content types that it does not know, also where there is no route.
    if (!(request.is404 && options.answerUnknown?.(request, reply))) done();
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    // Fastify closes the connection after a body that it refuses. A client that still sends would then lose the answer,
    // and HTTP/2 knows no such header. What is left of the body is read and dropped, for as long as a body may take.
    // What we say of a connection ourselves is on the raw response.
    if (reply.hasHeader("connection") && !reply.raw.hasHeader("connection")) reply.removeHeader("connection");
    done();
  });

  const draining = new AbortController();
  const ending = new AbortController();
  let drained: Promise<void> | undefined;
  const drain = async (graceMs: number): Promise<void> => {
    const gone = new Promise<void>((resolve) => {
      port.server.close(() => resolve());
    });
    running.beLast();
    for (const session of port.sessions) session.close();
    for (const socket of port.undecided()) socket.destroy();
    for (const socket of port.http1) if (!running.usesSocket(socket)) socket.destroy();
    draining.abort();
    await within(graceMs, running.none());
    ending.abort();
    await within(LINGER_MS, gone);
    destroyAll(port);
    await gone;
    await app.close();
  };

  return {
    app,
    draining: draining.signal,
    ending: ending.signal,
    async listen(host, wanted) {
      await app.listen({ host, port: wanted });
      const { address, family, port: given } = port.server.address() as AddressInfo;
      const shown = family === "IPv6" ? `[${address}]` : address;
      return { host: address, port: given, url: `${options.tls === undefined ? "http" : "https"}://${shown}:${given}` };
    },
    drain(graceMs) {
      drained ??= drain(graceMs);
      return drained;
    },
    destroy: () => destroyAll(port),
  };
}

function openPort(
  options: ListenerOptions,
  running: Running,
  handler: (request: RawRequest, response: RawResponse) => void,
): Port {
  const sockets = new Set<Socket>();
  const http1 = new Set<Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const timeouts = {
    headersTimeout: options.headerTimeoutMs,
    // Node's own limit of a whole request would end it without an answer in the caller's dialect.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // How often Node looks for connections that are late.
    connectionsCheckingInterval: Math.max(50, Math.min(1000, Math.floor(options.headerTimeoutMs / 4))),
  };
  const track = (session: http2.ServerHttp2Session): void => {
    keep(sessions, session);
    prepareSession(session, {
      firstRequestMs: options.headerTimeoutMs,
      idleMs: KEEP_ALIVE_MS,
      isBusy: (busy) => running.usesSession(busy),
    });
  };
  const accept = (socket: Socket): void => {
    socket.setNoDelay(true);
    keep(sockets, socket);
  };

  if (options.tls === undefined) {
    const h1 = http.createServer({ ...timeouts, noDelay: true }, handler);
    const h2 = http2.createServer(HTTP2_OPTIONS, handler);
    h2.on("session", track);
    const { undecided } = divert(h1, h2, options.headerTimeoutMs, (socket) => keep(http1, socket));
    h1.on("connection", accept);
    return { server: h1, sockets, http1, sessions, undecided: () => undecided };
  }
  const secure = http2.createSecureServer(
    { ...options.tls, ...HTTP2_OPTIONS, allowHTTP1: true, handshakeTimeout: options.headerTimeoutMs },
    handler,
  );
  // A server of both versions takes these as properties only.
  Object.assign(secure, timeouts);
  const handshaking = new Map<string, Socket>();
  secure.on("connection", (socket: Socket) => {
    accept(socket);
    const name = peer(socket);
    handshaking.set(name, socket);
    socket.once("close", () => handshaking.delete(name));
  });
  secure.on("secureConnection", (socket: TLSSocket) => {
    handshaking.delete(peer(socket));
    if (socket.alpnProtocol !== "h2") keep(http1, socket);
  });
  secure.on("session", track);
  return { server: secure, sockets, http1, sessions, undecided: () => handshaking.values() };
}

/** Names a connection alike before and after its handshake. */
function peer(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function keep<T extends { once(event: "close", listener: () => void): unknown }>(set: Set<T>, member: T): void {
  set.add(member);
  member.once("close", () => set.delete(member));
}

async function within(ms: number, end: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([end, late]);
  clearTimeout(timer);
}

function destroyAll({ sessions, sockets }: Port): void {
  for (const session of sessions) session.destroy();
  for (const socket of sockets) socket.destroy();
}
