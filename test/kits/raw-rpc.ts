import * as http2 from "node:http2";

/** All that came back for one HTTP/2 request. */
export interface RawAnswer {
  readonly headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;
  /** Whether the headers were the end of the answer. */
  readonly headersOnly: boolean;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A connection that says exactly what a test tells it to. */
export interface RawRpc {
  readonly session: http2.ClientHttp2Session;
  /** Sends the pieces, each as DATA of its own, and ends, unless `open` leaves the request without an end. */
  call(path: string, headers: http2.OutgoingHttpHeaders, pieces: readonly Buffer[], open?: "open"): Promise<RawAnswer>;
  close(): void;
}

/** Connects over HTTP/2. */
export function connectRpc(url: string): RawRpc {
  const session = http2.connect(url);
  return {
    session,
    async call(path, headers, pieces, open) {
      const stream = session.request({ ":method": "POST", ":path": path, te: "trailers", ...headers });
      const answer = read(stream);
      for (const piece of pieces) {
        stream.write(piece);
        // A turn for each, so that none are joined.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (open === undefined) stream.end();
      return answer;
    },
    close: () => session.destroy(),
  };
}

function read(stream: http2.ClientHttp2Stream): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let headers: RawAnswer["headers"] = {};
    let headersOnly = false;
    let trailers: http2.IncomingHttpHeaders = {};
    const pieces: Buffer[] = [];
    stream.on("response", (came, flags) => {
      headers = came;
      headersOnly = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    });
    stream.on("trailers", (came) => {
      trailers = came;
    });
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("error", reject);
    stream.on("close", () => resolve({ headers, headersOnly, trailers, body: Buffer.concat(pieces) }));
  });
}

/** A message in its envelope. */
export function enveloped(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The envelopes of a body. */
export function openAll(body: Buffer): { flags: number; content: Buffer }[] {
  const found: { flags: number; content: Buffer }[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    found.push({ flags: body[at] as number, content: body.subarray(at + 5, end) });
    at = end;
  }
  return found;
}
