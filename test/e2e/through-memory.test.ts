import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChildGateway, startChildGateway } from "../kits/child-gateway.js";

const TOTAL = 200 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, "x");
/** Of 200 MB that pass. A reader that stops must stop them all, so that it is a fraction of what is sent. */
const ALLOWED = 60 * 1024 * 1024;
const LIMIT_MS = 120_000;

let server: Server;
let gateway: ChildGateway;
let received = 0;

/** Writes until all of it is out, no faster than it is taken. */
async function pour(to: NodeJS.WritableStream & { destroyed?: boolean }, total: number): Promise<void> {
  for (let written = 0; written < total; written += PIECE.length) {
    if (!to.write(PIECE)) await once(to, "drain");
  }
  to.end();
}

/** Takes a piece, then rests: slower than loopback by far, so that somebody has to wait. */
async function sip(from: NodeJS.ReadableStream, onBytes: (bytes: number) => void): Promise<void> {
  let since = 0;
  for await (const piece of from) {
    onBytes((piece as Buffer).length);
    since += (piece as Buffer).length;
    if (since < 4 * 1024 * 1024) continue;
    since = 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  server = createServer((incoming, response) => {
    if (incoming.method === "GET") {
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": TOTAL });
      void pour(response, TOTAL).catch(() => {});
      return;
    }
    received = 0;
    void sip(incoming, (bytes) => {
      received += bytes;
    }).then(() => response.end("{}"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  gateway = await startChildGateway(`
server: { port: 0 }
providers:
  up: { plugin: openai, base_url: "http://127.0.0.1:${(server.address() as AddressInfo).port}/v1", api_key: k }
`);
});

afterAll(async () => {
  await gateway.stop();
  server.closeAllConnections();
  server.close();
});

/** Watches the gateway's memory; gives by how many bytes it grew at most. */
function watchMemory(): () => number {
  const before = gateway.residentBytes();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, gateway.residentBytes());
  }, 25);
  return () => {
    clearInterval(timer);
    return most - before;
  };
}

async function upload(path: string, type: string, total: number): Promise<number> {
  const { hostname, port } = new URL(gateway.url);
  const outgoing = request({ hostname, port, method: "POST", path, headers: { "content-type": type }, agent: false });
  const answered = once(outgoing, "response");
  if (type.startsWith("multipart")) {
    outgoing.write('--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n');
  }
  await pour(outgoing, total);
  const [answer] = await answered;
  answer.resume();
  await once(answer, "end");
  return answer.statusCode;
}

async function download(): Promise<number> {
  const { hostname, port } = new URL(gateway.url);
  const outgoing = request({ hostname, port, path: "/openai/v1/files/f-1/content", agent: false });
  outgoing.end();
  const [answer] = await once(outgoing, "response");
  let bytes = 0;
  await sip(answer, (count) => {
    bytes += count;
  });
  return bytes;
}

describe("200 MB pass in flat memory, the slower end setting the pace", () => {
  it.each([
    ["a form", "multipart/form-data; boundary=B"],
    ["bytes", "application/octet-stream"],
  ])(
    "on their way up: %s",
    async (_what, type) => {
      await upload("/openai/v1/files", type, PIECE.length);
      const growth = watchMemory();
      expect(await upload("/openai/v1/files", type, TOTAL)).toBe(200);
      const grown = growth();
      expect(received).toBeGreaterThanOrEqual(TOTAL);
      expect(grown).toBeLessThan(ALLOWED);
    },
    LIMIT_MS,
  );

  it(
    "on their way down",
    async () => {
      const growth = watchMemory();
      expect(await download()).toBe(TOTAL);
      expect(growth()).toBeLessThan(ALLOWED);
    },
    LIMIT_MS,
  );
});
