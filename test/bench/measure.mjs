// Measures the cells of a group: every contender in a process of its own, in turns, over several rounds.
import { callOf } from "./cells.mjs";
import { contenders } from "./contenders.mjs";

const LARGE_WARM = 10;
const STREAM_WARM = 15;
const WARM_CONNECTIONS = 32;
const MOST_WARM_MS = 3000;
const LEAST_WARM_MS = 50;

/** Starts a group's contenders, calls `use` with them by name, and stops them. */
export async function withContenders(group, names, { upstream, folder }, use) {
  const dialect = group.lane === "translated" ? "anthropic" : "openai";
  const running = new Map();
  try {
    for (const name of names) running.set(name, await contenders[name]({ upstream, folder, dialect }));
    return await use(running);
  } finally {
    await Promise.all([...running.values()].map((each) => each.stop()));
  }
}

/**
 * Lets a process answer requests of every shape that will be measured, so that what is measured is compiled code.
 * Large bodies and streams do more work each, so they need fewer.
 */
export async function warmUp(load, contender, group, { warm }, upstream) {
  const shapes = new Map(group.cells.map(({ shape }) => [`${shape.stream}/${shape.size}`, shape]));
  // A paced stream is warmed by the burst: it is the same code.
  shapes.delete("paced/small");
  if (shapes.size === 0) shapes.set("burst/small", { stream: "burst", size: "small" });
  for (const shape of shapes.values()) {
    const divisor = shape.stream === undefined ? (shape.size === "large" ? LARGE_WARM : 1) : STREAM_WARM;
    await openAt(load, contender, group.lane, { shape, connections: WARM_CONNECTIONS }, upstream);
    await load.ask("run", { requests: Math.ceil(warm / divisor), forMs: MOST_WARM_MS });
    await load.ask("close");
  }
}

/** One slice: one contender in one cell. CPU in microseconds a request, memory in bytes, times in milliseconds. */
export async function measure(load, contender, lane, cell, sliceMs, upstream) {
  await openAt(load, contender, lane, cell, upstream);
  await load.ask("run", { forMs: Math.max(LEAST_WARM_MS, sliceMs / 8) });
  const before = await contender.ask("usage");
  const told = await load.ask("run", { forMs: sliceMs });
  const after = await contender.ask("usage");
  await load.ask("close");
  return { ...told, cpu: (after.cpu - before.cpu) / told.requests, rss: after.rss };
}

/** Opens the clients of a cell. */
export async function openAt(load, contender, lane, { shape, connections, calls = 1 }, upstream) {
  const call = callOf(lane, contender.name, shape, upstream);
  // HTTP/1.1 has one call at a time on a connection.
  const clients = call.protocol === "grpc" ? { connections, calls } : { connections: connections * calls, calls: 1 };
  const port = call.protocol === "grpc" ? contender.ports.h2 : contender.ports.h1;
  try {
    await load.ask("open", { ...call, shape, port, ...clients });
  } catch (error) {
    throw new Error(`${contender.name}: ${error.message}`, { cause: error });
  }
}
