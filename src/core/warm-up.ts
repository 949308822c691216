import { type AddressInfo, createServer } from "node:net";
import { getHeapStatistics } from "node:v8";
import { Upstream } from "./upstream.js";

const FRAME = "x".repeat(64);
const FRAMES = 4000;
// Of a kilobyte each: twice the two halves of the young generation (--max-semi-space-size=8 at the start).
const YOUNG_ARRAYS = 32_000;
const READ_BYTES = 65_536;
const ARRAYS_A_BUFFER = 32;
// What the engine allocates beside its heap while it compiles something large; at rest it is under one megabyte.
const COMPILING_BYTES = 4_000_000;
const LIMITS = { connectMs: 1000, firstByteMs: 1000, idleMs: 1000 };

/**
 * Sends one streamed answer over loopback to the client of providers and drops it. The engine compiles the client's
 * parser once it has been used so much, which takes 30 MB and a tenth of a second: better now than in the middle of the
 * first long answer. Takes 100 to 200 ms; a machine without loopback serves as well, only colder.
 */
export async function warmUp(): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(ANSWER));
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const upstream = new Upstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, LIMITS);
    await new Promise<void>((resolve) => {
      upstream.post(
        { path: "/", headers: [], body: "" },
        { head() {}, data() {}, end: resolve, error: () => resolve() },
      );
    });
    await upstream.destroy();
    touchYoungHeap();
    await compiled();
  } catch {
    // Nothing depends on it.
  } finally {
    server.close();
  }
}

/**
 * Walks once through the young generation of the heap, and through as much outside of it as read buffers take between
 * two scavenges, so that the pages are there before traffic asks for them.
 */
function touchYoungHeap(): void {
  let held: unknown;
  for (let i = 0; i < YOUNG_ARRAYS; i += 1) {
    held = new Array(126).fill(held === undefined ? i : 0);
    if (i % ARRAYS_A_BUFFER === 0) held = Buffer.alloc(READ_BYTES, 1);
  }
}

/** Waits until the engine's compiler has given its memory back, half a second at most. */
async function compiled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    if (getHeapStatistics().malloced_memory < COMPILING_BYTES) return;
  }
}

const CHUNK = `${FRAME.length.toString(16)}\r\n${FRAME}\r\n`;
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${CHUNK.repeat(FRAMES)}0\r\n\r\n`;
