import type { Server } from "node:http";
import type { Http2Server } from "node:http2";
import type { Socket } from "node:net";

// Every HTTP/2 connection opens with "PRI * HTTP/2.0" (RFC 9113 §3.4), and no method of HTTP/1.1 begins so.
const PREFACE = Buffer.from("PRI * HTTP/2.0");
const ENOUGH = 3;

/** Connections on their way to one of the two servers. */
export interface Diversion {
  /** Those that have not said yet which version they speak. */
  readonly undecided: ReadonlySet<Socket>;
}

/**
 * Looks at the first bytes of each connection of `h1`, which owns the port, and hands those that open with the HTTP/2
 * preface to `h2`, which never listens. A client that sends nothing for `timeoutMs` is let go.
 */
export function divert(h1: Server, h2: Http2Server, timeoutMs: number, onHttp1: (socket: Socket) => void): Diversion {
  const undecided = new Set<Socket>();
  const toHttp1 = h1.listeners("connection") as ((socket: Socket) => void)[];
  h1.removeAllListeners("connection");
  h1.on("connection", (socket: Socket) => {
    let head: Buffer = Buffer.alloc(0);
    const drop = (): void => {
      socket.destroy();
    };
    const settle = (): void => {
      undecided.delete(socket);
      socket.off("readable", look);
      socket.off("error", drop);
      socket.off("end", drop);
      socket.off("close", settle);
      clearTimeout(timer);
    };
    const look = (): void => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const seen = Math.min(head.length, ENOUGH);
      const isHttp2 = head.compare(PREFACE, 0, seen, 0, seen) === 0;
      if (isHttp2 && seen < ENOUGH) return;
      settle();
      socket.unshift(head);
      if (isHttp2) {
        // http.Server accepts half-open sockets: without this a session outlives a client that closed without GOAWAY.
        socket.allowHalfOpen = false;
        h2.emit("connection", socket);
      } else {
        onHttp1(socket);
        for (const listener of toHttp1) listener.call(h1, socket);
      }
    };
    const timer = setTimeout(drop, timeoutMs);
    undecided.add(socket);
    socket.on("readable", look);
    socket.once("error", drop);
    socket.once("end", drop);
    socket.once("close", settle);
  });
  return { undecided };
}
