// `--profile`: where the CPU of Parlance, or of another contender, goes in one cell.
import { chooseGroups } from "./cells.mjs";
import { openAt, warmUp, withContenders } from "./measure.mjs";
import { number, table } from "./table.mjs";

const INTERVAL_MICROS = 200;
const LEAST_MS = 4000;
const MOST_ROWS = 40;

/** Profiles one contender alone and prints self time by module and by function, in microseconds a request. */
export async function profile(options, load, place, progress) {
  const group = chooseGroups({ only: new RegExp(`^${options.profile}$`), peers: [] })[0];
  if (group === undefined)
    throw new Error(`there is no cell ${options.profile}; their names are in the tables of a run`);
  const [cell] = group.cells;
  if (!group.contenders.includes(options.of)) throw new Error(`${options.of} is not measured in ${cell.name}`);
  await withContenders(group, [options.of], place, async (running) => {
    const contender = running.get(options.of);
    progress("warming up");
    await warmUp(load, contender, group, options, place.upstream);
    await openAt(load, contender, group.lane, cell, place.upstream);
    progress(`profiling ${cell.name}`);
    const before = await contender.ask("profile-start", { intervalMicros: INTERVAL_MICROS });
    const { requests } = await load.ask("run", { forMs: Math.max(LEAST_MS, options.sliceMs) });
    const after = await contender.ask("profile-stop");
    await load.ask("close");
    progress("");
    print(`${contender.name} in ${cell.name}`, after.profile, requests, (after.cpu - before.cpu) / requests);
  });
}

function print(name, { nodes, samples, timeDeltas }, requests, cpu) {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const functions = new Map();
  const modules = new Map();
  let busy = 0;
  samples.forEach((id, i) => {
    const frame = byId.get(id);
    if (frame.functionName === "(idle)" || isOwn(id, byId, parents)) return;
    busy += timeDeltas[i];
    const { module, what } = charge(frame, id, byId, parents);
    add(modules, module, timeDeltas[i]);
    add(functions, what, timeDeltas[i]);
  });
  // The profiler counts time on the clock, of which a busy machine takes some; the process's own account does not.
  const scale = cpu / busy;
  const rows = (map) =>
    [...map]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MOST_ROWS)
      .map(([key, micros]) => [key, number(micros * scale), `${(100 * (micros / busy)).toFixed(1)} %`]);
  console.log(`${name}: ${requests} requests, ${number(cpu)} us of CPU each while profiled; self time, us a request`);
  console.log(
    "Native functions are charged to who calls them: to the module, and under `<` to the nearest code that is not Node's.\n",
  );
  console.log(table(["module", "us", "share"], rows(modules)));
  console.log(`\n${table(["function", "us", "share"], rows(functions))}`);
}

/** Whether it is the profiler's own time, which it takes when it is started. */
function isOwn(id, byId, parents) {
  for (let at = id; at !== undefined; at = parents.get(at))
    if (byId.get(at).url.endsWith("bench/meter.mjs")) return true;
  return false;
}

/** Whose account a sample goes to. */
function charge(frame, id, byId, parents) {
  if (frame.functionName === "(garbage collector)") return { module: "garbage collector", what: "garbage collector" };
  if (frame.functionName === "(program)") return { module: "event loop and C++", what: "event loop and C++" };
  const module = moduleOf(frame.url);
  const label = `${frame.functionName || "(anonymous)"}${frame.url === "" ? "" : `:${frame.lineNumber + 1}`}`;
  if (module !== undefined && !module.startsWith("node:")) return { module, what: `${module}  ${label}` };
  let callerModule = module;
  for (let above = parents.get(id); above !== undefined; above = parents.get(above)) {
    const caller = byId.get(above);
    const its = moduleOf(caller.url);
    callerModule ??= its;
    if (its === undefined || its.startsWith("node:")) continue;
    const by = `${its} ${caller.functionName || "(anonymous)"}:${caller.lineNumber + 1}`;
    return { module: callerModule, what: `${module ?? "native"}  ${label}  <  ${by}` };
  }
  return { module: callerModule ?? "native functions", what: `${module ?? "native"}  ${label}` };
}

/** A package by its name, our own code by its file, Node's by its module; nothing for what has no source. */
function moduleOf(url) {
  if (url === "") return undefined;
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (inPackage !== null) return inPackage[1];
  const own = /\/(dist|plugins)\/(.+)$/.exec(url);
  if (own !== null) return own[1] === "dist" ? own[2] : `plugins/${own[2]}`;
  return url.startsWith("wasm:") ? "undici (HTTP parser in WebAssembly)" : url;
}

function add(map, key, value) {
  map.set(key, (map.get(key) ?? 0) + value);
}
