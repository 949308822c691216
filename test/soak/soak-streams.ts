import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { startTestGateway } from "../kits/gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import { type Behaviour, startUpstream } from "../kits/upstream.js";
import { liveHeapBytes } from "./collect-garbage.js";
import { failEveryWay } from "./failing-target.js";
import { createStreamClient } from "./stream-client.js";

const WORDS = "one two three four five six seven eight";
/** Every so many streams one client leaves in the middle. */
const LEAVES = 25;

/** How a soak is run. */
export interface SoakOptions {
  /** Streams at once. */
  readonly streams: number;
  readonly seconds: number;
  /** How long an answer takes. */
  readonly answerMs: number;
  /** Whether the failing target is left alone once it is known, as it is by default; else every stream falls over. */
  readonly breaker: boolean;
}

/** What is open and held. */
export interface Held {
  readonly failingSockets: number;
  readonly goodSockets: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly heapBytes: number;
}

/** What came of a soak. */
export interface SoakReport {
  readonly whole: number;
  readonly left: number;
  readonly failed: readonly string[];
  /** Calls of the failing target. */
  readonly faults: number;
  /** Most attempts at once and most that waited, as seen ten times a second. */
  readonly mostInFlight: number;
  readonly mostQueued: number;
  readonly before: Held;
  readonly after: Held;
}

/**
 * Keeps so many streams open at once through a gateway whose first target fails in every way and whose second one is good
 * and takes fewer at once than there are; then lets all of them end and counts what is left.
 */
export async function soakStreams({ streams, seconds, answerMs, breaker }: SoakOptions): Promise<SoakReport> {
  let faults = 0;
  const fail = failEveryWay();
  const failing = await startUpstream((request, response) => {
    failing.seen.length = 0;
    faults += 1;
    return fail(request, response);
  });
  const good = await startUpstream(paced(answerMs, () => (good.seen.length = 0)));
  const gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  failing: { plugin: openai, base_url: "${failing.url}/v1" }
  refused: { plugin: openai, base_url: "http://127.0.0.1:${await closedPort()}/v1" }
  good: { plugin: openai, base_url: "${good.url}/v1" }
resilience:
  retry: { retries: 0 }
  breaker: ${breaker ? "{ failures: 3 }" : "{ failures: 0, failure_percent: 0 }"}
models:
  fails:
    targets:
      - { provider: failing, model: m, priority: 0 }
      - { provider: good, model: m, priority: 1, concurrency: { max_in_flight: ${Math.ceil(streams / 2)}, queue: ${streams}, queue_timeout: 60s } }
  refuses:
    targets: [ { provider: refused, model: m, priority: 0 }, { provider: good, model: m, priority: 1 } ]
`);
  const count = (of: "inFlight" | "queued"): number => gateway.targets().reduce((sum, target) => sum + target[of], 0);
  const held = async (): Promise<Held> => ({
    failingSockets: failing.openSockets(),
    goodSockets: good.openSockets(),
    inFlight: count("inFlight"),
    queued: count("queued"),
    heapBytes: await liveHeapBytes(),
  });
  const seen = { whole: 0, left: 0, failed: [] as string[], mostInFlight: 0, mostQueued: 0 };
  const watching = setInterval(() => {
    seen.mostInFlight = Math.max(seen.mostInFlight, count("inFlight"));
    seen.mostQueued = Math.max(seen.mostQueued, count("queued"));
  }, 100);
  let asked = 0;
  const keepOpen = async (forMs: number): Promise<void> => {
    const client = createStreamClient(gateway.url, WORDS);
    const until = performance.now() + forMs;
    const one = async (): Promise<void> => {
      do {
        asked += 1;
        const model = asked % 4 === 0 ? "refuses" : "fails";
        const end = await client.read(model, `key-${asked % 10}`, asked % LEAVES === 0);
        if (typeof end === "string") seen[end] += 1;
        else if (seen.failed.push(end.failed) > 20) return;
      } while (performance.now() < until);
    };
    await Promise.all(Array.from({ length: streams }, one));
    client.close();
  };
  try {
    // Code that runs for the first time is compiled, and pools and tables grow: that is no leak.
    await keepOpen(0);
    await quiet(() => failing.openSockets() + good.openSockets());
    const before = await held();
    await keepOpen(seconds * 1000);
    await quiet(() => failing.openSockets() + good.openSockets());
    const after = await held();
    return { ...seen, faults, before, after };
  } finally {
    clearInterval(watching);
    await gateway.stop();
    await Promise.all([failing.close(), good.close()]);
  }
}

/** A stream whose events come one by one, spread over a time. */
function paced(answerMs: number, asked: () => void): Behaviour {
  const events = openAiStream({ text: WORDS, finish: "stop", inputTokens: 1, outputTokens: 8 })
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => `${event}\n\n`);
  return (_request, response) => {
    asked();
    response.writeHead(200, { "content-type": "text/event-stream" });
    let next = 0;
    const timer = setInterval(() => {
      response.write(events[next]);
      next += 1;
      if (next === events.length) response.end();
    }, answerMs / events.length);
    response.once("close", () => clearInterval(timer));
  };
}

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Idle connections are kept for some seconds: waits until they are gone, and no longer than half a minute. */
async function quiet(open: () => number): Promise<void> {
  for (let i = 0; i < 300 && open() > 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 100));
}
