// A gRPC client over bare sockets (RFC 9113 with literal headers): node:http2 as a client costs as much as what it would measure.
import net from "node:net";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const WINDOW = 0x7fffffff;
const GRPC_PREFIX = 5;

const OPENING = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  // No push, and windows so large that the server never waits.
  frame(SETTINGS, 0, 0, Buffer.from([0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff])),
  frame(WINDOW_UPDATE, 0, 0, uint32(WINDOW - 65_535)),
]);

/** A request: its header block, and its message with the gRPC prefix. */
export function http2Request({ path, headers = {}, body }) {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "127.0.0.1",
    te: "trailers",
    ...headers,
  };
  const block = Buffer.concat(Object.entries(fields).map(([name, value]) => literal(name, value)));
  return { block, body };
}

/** One connection. `send` gives the answer to `then` as `{ status, length, frames, firstAt, body }`; many may be on their way. */
export function connectHttp2(port, { keepBody = false } = {}) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  socket.write(OPENING);
  const calls = new Map();
  let window = 65_535;
  let streamWindow = 65_535;
  let largestFrame = 16_384;
  let received = 0;
  let last = -1;
  let rest = Buffer.alloc(0);

  socket.on("data", (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    // What is sent in answer to one read goes out in one write.
    socket.cork();
    while (all.length - at >= 9) {
      const length = all.readUIntBE(at, 3);
      if (all.length - at < 9 + length) break;
      onFrame(all[at + 3], all[at + 4], all.readUInt32BE(at + 5), all.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    socket.uncork();
    rest = all.subarray(at);
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the connection was closed before the answer was whole")));

  function onFrame(type, flags, id, payload) {
    const call = calls.get(id);
    if (type === DATA) onData(call, payload);
    else if (type === SETTINGS && (flags & ACK) === 0) onSettings(payload);
    else if (type === PING && (flags & ACK) === 0) socket.write(frame(PING, ACK, 0, payload));
    else if (type === WINDOW_UPDATE) onWindow(call, id, payload.readUInt32BE(0));
    else if (type === RST_STREAM && call !== undefined)
      fail(new Error(`a stream was reset: ${payload.readUInt32BE(0)}`));
    else if (type === GOAWAY) fail(new Error(`the connection was given up: ${payload.readUInt32BE(4)}`));
    else if (type === CONTINUATION) fail(new Error("headers of more than one frame"));
    if ((type !== DATA && type !== HEADERS) || (flags & END_STREAM) === 0 || call === undefined) return;
    calls.delete(id);
    call.then(undefined, call.reader.answer());
  }

  function onData(call, payload) {
    call?.reader.push(payload);
    received += payload.length;
    if (received < WINDOW / 4) return;
    socket.write(frame(WINDOW_UPDATE, 0, 0, uint32(received)));
    received = 0;
  }

  function onSettings(payload) {
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      if (payload.readUInt16BE(at) === INITIAL_WINDOW_SIZE) {
        for (const call of calls.values()) call.window += value - streamWindow;
        streamWindow = value;
      } else if (payload.readUInt16BE(at) === MAX_FRAME_SIZE) largestFrame = value;
    }
    socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    for (const [id, call] of calls) sendOn(id, call);
  }

  function onWindow(call, id, more) {
    if (id === 0) {
      window += more;
      for (const [each, its] of calls) sendOn(each, its);
    } else if (call !== undefined) {
      call.window += more;
      sendOn(id, call);
    }
  }

  /** As much of a request's body as the server's windows allow. */
  function sendOn(id, call) {
    while (call.unsent !== undefined) {
      const size = Math.min(call.unsent.length, window, call.window, largestFrame);
      if (size <= 0) return;
      const end = size === call.unsent.length;
      socket.write(frame(DATA, end ? END_STREAM : 0, id, call.unsent.subarray(0, size)));
      window -= size;
      call.window -= size;
      call.unsent = end ? undefined : call.unsent.subarray(size);
    }
  }

  function fail(error) {
    const failed = [...calls.values()];
    calls.clear();
    for (const { then } of failed) then(error);
  }

  return {
    send({ block, body }, then) {
      last += 2;
      const call = { then, reader: messageReader(keepBody), unsent: body, window: streamWindow };
      calls.set(last, call);
      socket.cork();
      socket.write(frame(HEADERS, END_HEADERS, last, block));
      sendOn(last, call);
      socket.uncork();
    },
    close: () => socket.destroy(),
  };
}

/** Counts gRPC messages. An error has none, as its status comes alone: that is how it is told from an answer. */
function messageReader(keep) {
  let length = 0;
  let frames = 0;
  let firstAt = 0;
  let left = 0;
  let prefix = Buffer.alloc(0);
  const messages = [];
  return {
    push(payload) {
      if (firstAt === 0) firstAt = performance.now();
      length += payload.length;
      if (keep) messages.push(Buffer.from(payload));
      let at = 0;
      while (at < payload.length) {
        if (left > 0) {
          const taken = Math.min(left, payload.length - at);
          left -= taken;
          at += taken;
        } else {
          const taken = payload.subarray(at, at + GRPC_PREFIX - prefix.length);
          prefix = prefix.length === 0 ? taken : Buffer.concat([prefix, taken]);
          at += taken.length;
          if (prefix.length < GRPC_PREFIX) return;
          left = prefix.readUInt32BE(1);
          prefix = Buffer.alloc(0);
          frames += 1;
        }
      }
    },
    answer: () => ({
      status: frames > 0 && left === 0 ? 200 : 500,
      length,
      frames,
      firstAt,
      body: keep ? Buffer.concat(messages) : undefined,
    }),
  };
}

/** A header field that neither side is to remember (RFC 7541, 6.2.2). */
function literal(name, value) {
  const text = Buffer.from(String(value));
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([text.length]), text]);
}

function frame(type, flags, stream, payload) {
  const bytes = Buffer.allocUnsafe(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, 9);
  return bytes;
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
