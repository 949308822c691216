import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as the upstream saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly json: () => Record<string, unknown>;
}

/** What the upstream does with a request. */
export type Behaviour = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A provider on loopback: answers as told, and remembers what it was asked. */
export interface TestUpstream {
  /** Without a path: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Sockets that are open now. */
  openSockets(): number;
  /** Behaviour from now on. */
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Starts an upstream on a free port. */
export async function startUpstream(behaviour: Behaviour = answerJson({})): Promise<TestUpstream> {
  let current = behaviour;
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const body = Buffer.concat(pieces);
      const request: SeenRequest = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: incoming.headers,
        body,
        json: () => JSON.parse(body.toString("utf8")) as Record<string, unknown>,
      };
      seen.push(request);
      void current(request, response);
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    openSockets: () => sockets.size,
    behave(next) {
      current = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A JSON answer. A string or buffer goes out as it is. */
export function answerJson(body: unknown, status = 200, headers: Record<string, string> = {}): Behaviour {
  const bytes = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(bytes);
  };
}

/** An event stream, cut into writes at the given sizes (the last one repeats), or written whole. */
export function answerSse(
  text: string | Buffer,
  sizes: readonly number[] = [],
  headers: Record<string, string> = {},
): Behaviour {
  return async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...headers });
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    if (sizes.length === 0) {
      response.end(bytes);
      return;
    }
    let at = 0;
    for (let i = 0; at < bytes.length && !response.destroyed; i += 1) {
      const size = sizes[Math.min(i, sizes.length - 1)] ?? 1;
      response.write(bytes.subarray(at, at + size));
      at += size;
      // Its own turn for every piece, so that each is a read of its own at the gateway.
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
}
