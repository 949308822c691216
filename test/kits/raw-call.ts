import { type ClientRequest, type IncomingMessage, request } from "node:http";

/** An answer as it came off the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** False where the connection ended before the answer did. */
  readonly complete: boolean;
}

/** What is asked. */
export interface RawCall {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string | number>;
  /** A function writes the body itself and ends it, or does not. */
  readonly body?: string | Buffer | ((request: ClientRequest) => void);
}

/** One request over HTTP/1.1 with nothing added to it and nothing taken away. */
export function callRaw(url: string, { method = "GET", path, headers = {}, body }: RawCall): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("error", () => {});
      answer.on("close", () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(pieces),
          complete: answer.complete,
        });
      });
    });
    outgoing.on("error", reject);
    if (typeof body === "function") body(outgoing);
    else outgoing.end(body);
  });
}
