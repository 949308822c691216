import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { StreamCompleteRequestSchema } from "../../src/gen/parlance/v1/completion_service_pb.js";
import { Role } from "../../src/gen/parlance/v1/chat_pb.js";
import { anthropicStream } from "../kits/anthropic-wire.js";
import { type ChildGateway, startChildGateway } from "../kits/child-gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const TOTAL = 50_000_000;
const ALLOWED = 20_000_000;
// 1,000,000 is the rate of the promise; the default keeps the test short. What must not be held is the same 50 MB.
const RATE = Number(process.env.PARLANCE_SLOW_CLIENT_RATE ?? 10_000_000);
const LIMIT_MS = (TOTAL / RATE) * 1000 + 60_000;
const TICK_MS = 1;

const SCRIPT: Script = { text: "MARK", finish: "stop", inputTokens: 1, outputTokens: 3 };

/** Writes the stream of a script with its one text event repeated until 50 MB are out, as fast as it is taken. */
function flood(stream: string): Behaviour {
  const at = stream.indexOf("MARK");
  const from = stream.lastIndexOf("\n\n", at) + 2;
  const to = stream.indexOf("\n\n", at) + 2;
  const event = stream.slice(from, to).replace("MARK", "x".repeat(4000));
  return (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    // A first, short answer loads the plugin, and the engine compiles what a stream runs through.
    const total = request.json().model === "short" ? TOTAL / 20 : TOTAL;
    response.write(stream.slice(0, from));
    let written = 0;
    const more = (): void => {
      while (written < total) {
        if (response.destroyed) return;
        written += event.length;
        if (response.write(event)) continue;
        response.once("drain", more);
        return;
      }
      response.end(stream.slice(to));
    };
    more();
  };
}

/** Reads at `RATE`: takes no more than what is due by now, and leaves the rest to wait. */
async function readSlowly(socket: Socket, onBytes: (bytes: Buffer) => void): Promise<void> {
  const began = performance.now();
  let taken = 0;
  let closed = false;
  socket.once("close", () => {
    closed = true;
  });
  socket.on("readable", () => {});
  for (;;) {
    while (taken < ((performance.now() - began) * RATE) / 1000) {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) break;
      taken += bytes.length;
      onBytes(bytes);
    }
    if (socket.readableEnded || (closed && socket.readableLength === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

let openai: TestUpstream;
let anthropic: TestUpstream;
let gateway: ChildGateway;

beforeAll(async () => {
  openai = await startUpstream(flood(openAiStream(SCRIPT)));
  anthropic = await startUpstream(flood(anthropicStream(SCRIPT)));
  gateway = await startChildGateway(`
server: { port: 0 }
providers:
  openai: { base_url: "${openai.url}/v1", api_key: k }
  anthropic: { base_url: "${anthropic.url}", api_key: k }
`);
});

afterAll(async () => {
  await gateway.stop();
  await openai.close();
  await anthropic.close();
});

/** Watches the gateway's memory; gives by how many bytes it grew at most. */
function watchMemory(): () => number {
  const before = gateway.residentBytes();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, gateway.residentBytes());
  }, 50);
  return () => {
    clearInterval(timer);
    return most - before;
  };
}

async function overRest(model: string): Promise<{ bytes: number; tail: string }> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hi" }] });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  let bytes = 0;
  let tail = "";
  await readSlowly(socket, (piece) => {
    bytes += piece.length;
    tail = (tail + piece.subarray(-1000).toString("latin1")).slice(-1000);
  });
  return { bytes, tail };
}

async function overGrpc(model: string): Promise<{ bytes: number; status: string | undefined }> {
  const session = connectHttp2(gateway.url);
  const message = toBinary(
    StreamCompleteRequestSchema,
    create(StreamCompleteRequestSchema, {
      chat: { model, messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hi" } } }] }] },
    }),
  );
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: "/parlance.v1.CompletionService/StreamComplete",
    "content-type": "application/grpc",
    te: "trailers",
  });
  let status: string | undefined;
  stream.on("trailers", (trailers) => {
    status = String(trailers["grpc-status"]);
  });
  stream.end(Buffer.concat([head, message]));
  let bytes = 0;
  await readSlowly(stream as unknown as Socket, (piece) => {
    bytes += piece.length;
  });
  session.close();
  return { bytes, status };
}

describe("a client that reads slowly makes the provider wait: 50 MB pass, and the gateway holds less than 20 MB of them", () => {
  let figure = "";
  afterEach(() => {
    if (process.env.PARLANCE_SLOW_CLIENT_RATE !== undefined) process.stderr.write(`${figure}\n`);
  });

  it.each([
    ["verbatim", "openai/long"],
    ["translated", "anthropic/long"],
  ])(
    "%s, over REST",
    async (lane, model) => {
      await overRest(model.replace("long", "short"));
      const growth = watchMemory();
      const { bytes, tail } = await overRest(model);
      const grown = growth();
      figure = `${lane}: ${bytes} bytes at ${RATE} a second, resident memory grew by ${grown}`;
      expect(bytes).toBeGreaterThan(TOTAL);
      expect(tail).toContain("[DONE]");
      expect(grown).toBeLessThan(ALLOWED);
    },
    LIMIT_MS,
  );

  it(
    "over gRPC",
    async () => {
      await overGrpc("openai/short");
      const growth = watchMemory();
      const { bytes, status } = await overGrpc("openai/long");
      const grown = growth();
      figure = `gRPC: ${bytes} bytes at ${RATE} a second, resident memory grew by ${grown}`;
      expect(bytes).toBeGreaterThan(TOTAL * 0.9);
      expect(status).toBe("0");
      expect(grown).toBeLessThan(ALLOWED);
    },
    LIMIT_MS,
  );
});
