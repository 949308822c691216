// An HTTP/1.1 client that knows just enough: one connection, canned requests, answers counted and checked.
import net from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const EVENT_END = Buffer.from("\n\n");

/** A request as it goes over the wire. */
export function http1Request({ path, headers = {}, body }) {
  const lines = Object.entries({ host: "127.0.0.1", "content-length": body.length, ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}

/** One connection. `send` gives the next answer to `done` as `{ status, length, frames, firstAt, body }`; one at a time. */
export function connectHttp1(port, { keepBody = false } = {}) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  let done;
  let reader;
  socket.on("data", (bytes) => {
    let rest = bytes;
    if (reader === undefined) return;
    rest = reader.push(rest);
    if (!reader.whole) return;
    if (rest.length > 0) {
      socket.destroy(new Error(`${rest.length} bytes after the end of an answer`));
      return;
    }
    const answer = reader.answer();
    reader = undefined;
    done(undefined, answer);
  });
  const fail = (error) => {
    const waiting = done;
    done = undefined;
    if (reader !== undefined) waiting?.(error);
    reader = undefined;
  };
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the connection was closed before the answer was whole")));
  return {
    send(request, then) {
      done = then;
      reader = new AnswerReader(keepBody);
      socket.write(request);
    },
    close: () => socket.destroy(),
  };
}

class AnswerReader {
  whole = false;
  #keep;
  #pieces = [];
  #head;
  #status = 0;
  #firstAt = 0;
  #length = 0;
  #frames = 0;
  #lastByte = 0;
  #streamed = false;
  // Bytes of the body, or of its current chunk, that are still to come; -1 while a chunk's size is to be read.
  #left = 0;
  #chunked = false;
  #line = "";
  #ending = false;

  constructor(keep) {
    this.#keep = keep;
  }

  /** Takes what was read; gives back what is beyond the answer. */
  push(bytes) {
    let rest = bytes;
    if (this.#status === 0) {
      rest = this.#readHead(bytes);
      if (this.#status === 0) return rest;
    }
    if (!this.#chunked) {
      const taken = rest.subarray(0, this.#left);
      this.#take(taken);
      this.#left -= taken.length;
      this.whole = this.#left === 0;
      return rest.subarray(taken.length);
    }
    return this.#readChunks(rest);
  }

  answer() {
    return {
      status: this.#status,
      length: this.#length,
      frames: this.#frames,
      firstAt: this.#firstAt,
      body: this.#keep ? Buffer.concat(this.#pieces) : undefined,
    };
  }

  #readHead(bytes) {
    const all = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
    const end = all.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = all;
      return all.subarray(all.length);
    }
    const head = all.latin1Slice(0, end).toLowerCase();
    this.#status = Number(head.slice(9, 12));
    this.#streamed = head.includes("event-stream");
    this.#chunked = head.includes("transfer-encoding: chunked");
    const length = /content-length: (\d+)/.exec(head);
    this.#left = this.#chunked ? -1 : Number(length?.[1] ?? 0);
    return all.subarray(end + HEAD_END.length);
  }

  #readChunks(bytes) {
    let at = 0;
    while (at < bytes.length && !this.whole) {
      if (this.#left > 0) {
        const taken = bytes.subarray(at, at + this.#left);
        this.#take(taken);
        this.#left -= taken.length;
        at += taken.length;
        if (this.#left === 0) this.#left = -1;
      } else at = this.#readLine(bytes, at);
    }
    return bytes.subarray(at);
  }

  /** A line between chunks: empty after a chunk's bytes, then the next one's size, and an empty one after the size 0. */
  #readLine(bytes, at) {
    const end = bytes.indexOf(10, at);
    if (end < 0) {
      this.#line += bytes.latin1Slice(at);
      return bytes.length;
    }
    const line = (this.#line + bytes.latin1Slice(at, end)).trim();
    this.#line = "";
    if (line === "") this.whole = this.#ending;
    else {
      const size = Number.parseInt(line, 16);
      if (size === 0) this.#ending = true;
      else this.#left = size;
    }
    return end + 1;
  }

  #take(bytes) {
    if (bytes.length === 0) return;
    if (this.#firstAt === 0) this.#firstAt = performance.now();
    this.#length += bytes.length;
    if (this.#keep) this.#pieces.push(Buffer.from(bytes));
    if (!this.#streamed) return;
    // The two ends of line of an event may come in two reads.
    if (this.#lastByte === 10 && bytes[0] === 10) this.#frames += 1;
    for (let at = bytes.indexOf(EVENT_END); at >= 0; at = bytes.indexOf(EVENT_END, at + 2)) this.#frames += 1;
    this.#lastByte = bytes[bytes.length - 1];
  }
}
