import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The connection that it came on. */
  readonly socket: Socket;
}

/** What the server does with a request. */
export type Behaviour = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

/** A provider's server on loopback that answers as it is told. */
export interface LocalUpstream {
  readonly url: string;
  /** Requests since the last `behave`. */
  readonly seen: readonly SeenRequest[];
  /** Answers like that from now on, on new connections, and forgets what it saw. */
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startLocalUpstream(): Promise<LocalUpstream> {
  let current: Behaviour = (response) => void response.writeHead(500).end();
  let seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    const behaviour = current;
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(pieces), socket: incoming.socket };
      seen.push(request);
      void behaviour(response, request);
    });
    // A client that hangs up is what several checks are about.
    incoming.on("error", () => {});
    response.on("error", () => {});
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get seen() {
      return seen;
    },
    behave(behaviour) {
      current = behaviour;
      seen = [];
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
