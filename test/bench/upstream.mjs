// The provider: canned answers over bare sockets, so that it is never what is measured.
import net from "node:net";
import { PACE_MS, streamedAnswer, wholeAnswer } from "./wire.mjs";

// So many frames in a write make a burst: what a fast model's frames become once they have crossed a network.
const BURST = 10;
const LARGE = 50_000;
const CONTENT_LENGTH = Buffer.from("content-length: ");
const STREAMED = Buffer.from('"stream":true');
const PACED = Buffer.from('"model":"paced');
const MESSAGES = Buffer.from("POST /v1/messages ");

const answers = { openai: prepare("openai"), anthropic: prepare("anthropic") };
const paced = new Set();

const server = net.createServer({ noDelay: true }, (socket) => {
  let buffered = [];
  let length = 0;
  let wanted = 0;
  socket.on("data", (bytes) => {
    buffered.push(bytes);
    length += bytes.length;
    if (length < wanted) return;
    const all = buffered.length === 1 ? bytes : Buffer.concat(buffered, length);
    const head = all.indexOf("\r\n\r\n");
    if (head < 0) {
      buffered = [all];
      return;
    }
    wanted = head + 4 + bodyLength(all, head);
    if (all.length < wanted) {
      buffered = [all];
      return;
    }
    respond(socket, all, wanted);
    buffered = [];
    length = 0;
    wanted = 0;
  });
  // A client that goes away in the middle is its own affair.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    for (const stream of paced) if (stream.socket === socket) paced.delete(stream);
  });
});

// Nobody else would end it when the runner is killed.
process.on("disconnect", () => process.exit(1));
server.listen(0, "127.0.0.1", () => process.send({ ready: { h1: server.address().port } }));

setInterval(() => {
  for (const stream of paced) {
    stream.socket.write(stream.frames[stream.next]);
    stream.next += 1;
    if (stream.next === stream.frames.length) paced.delete(stream);
  }
}, PACE_MS);

function respond(socket, request, length) {
  const answer = request.subarray(0, MESSAGES.length).equals(MESSAGES) ? answers.anthropic : answers.openai;
  if (request.indexOf(STREAMED) < 0) {
    socket.write(length > LARGE ? answer.large : answer.small);
    return;
  }
  socket.write(answer.streamHead);
  if (request.indexOf(PACED) < 0) burst(socket, answer.bursts, 0);
  else paced.add({ socket, frames: answer.paced, next: 0 });
}

function burst(socket, bursts, next) {
  socket.write(bursts[next]);
  if (next + 1 < bursts.length) setImmediate(burst, socket, bursts, next + 1);
}

function prepare(dialect) {
  const frames = streamedAnswer(dialect);
  const bursts = [];
  for (let from = 0; from < frames.length; from += BURST) {
    bursts.push(Buffer.concat(frames.slice(from, from + BURST)));
  }
  return {
    small: whole(wholeAnswer(dialect, "small")),
    large: whole(wholeAnswer(dialect, "large")),
    streamHead: Buffer.from(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
    ),
    bursts: chunked(bursts),
    paced: chunked(frames),
  };
}

function whole(body) {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** As chunks of a chunked body, the last of them with the body's end. */
function chunked(pieces) {
  return pieces.map((piece, i) =>
    Buffer.concat([
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from(i === pieces.length - 1 ? "\r\n0\r\n\r\n" : "\r\n"),
    ]),
  );
}

function bodyLength(bytes, head) {
  // Header names come in any case; all clients of a run write it in one of two.
  const text = bytes.latin1Slice(0, head).toLowerCase();
  const at = text.indexOf(CONTENT_LENGTH.toString());
  return at < 0 ? 0 : Number.parseInt(text.slice(at + CONTENT_LENGTH.length), 10);
}
