// `--profile`: where Parlance's CPU goes in one cell.
import { chooseGroups } from "./cells.mjs";
import { openAt, warmUp, withContenders } from "./measure.mjs";
import { number, table } from "./table.mjs";

const INTERVAL_MICROS = 200;
const LEAST_MS = 4000;
const FUNCTIONS = 45;

/** Profiles Parlance alone and prints self time by module and by function, in microseconds a request. */
export async function profile(options, load, place, progress) {
  const group = chooseGroups({ only: new RegExp(`^${options.profile}$`), peers: [] })[0];
  if (group === undefined)
    throw new Error(`there is no cell ${options.profile}; their names are in the tables of a run`);
  const [cell] = group.cells;
  await withContenders(group, ["parlance"], place, async (running) => {
    const parlance = running.get("parlance");
    progress("warming up");
    await warmUp(load, parlance, group, options, place.upstream);
    await openAt(load, parlance, group.lane, cell, place.upstream);
    progress(`profiling ${cell.name}`);
    const before = await parlance.ask("profile-start", { intervalMicros: INTERVAL_MICROS });
    const { requests } = await load.ask("run", { forMs: Math.max(LEAST_MS, options.sliceMs) });
    const after = await parlance.ask("profile-stop");
    await load.ask("close");
    progress("");
    print(cell.name, after.profile, requests, (after.cpu - before.cpu) / requests);
  });
}

function print(name, profile, requests, cpu) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const functions = new Map();
  const modules = new Map();
  let busy = 0;
  profile.samples.forEach((id, i) => {
    const { functionName, url, lineNumber } = nodes.get(id).callFrame;
    if (functionName === "(idle)") return;
    const micros = profile.timeDeltas[i];
    busy += micros;
    const module = moduleOf(functionName, url);
    add(modules, module, micros);
    add(functions, `${module}  ${functionName || "(anonymous)"}${url === "" ? "" : `:${lineNumber + 1}`}`, micros);
  });
  const rows = (map, most) =>
    [...map]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([key, micros]) => [key, number(micros / requests), `${((100 * micros) / busy).toFixed(1)} %`]);
  console.log(`${name}: ${requests} requests, ${number(cpu)} us of CPU each while profiled; self time, us a request\n`);
  console.log(table(["module", "us", "share"], rows(modules, FUNCTIONS)));
  console.log(`\n${table(["function", "us", "share"], rows(functions, FUNCTIONS))}`);
}

/** A package by its name, our own code by its file, Node's by its module, and what has no source by what it is. */
function moduleOf(functionName, url) {
  if (functionName === "(garbage collector)") return "garbage collector";
  if (url === "") return functionName === "(program)" ? "system calls and C++" : "native functions";
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (inPackage !== null) return inPackage[1];
  const own = /\/(dist|plugins)\/(.+)$/.exec(url);
  if (own !== null) return own[1] === "dist" ? own[2] : `plugins/${own[2]}`;
  return url.startsWith("node:") ? url : url.replace(/^.*\//, "");
}

function add(map, key, value) {
  map.set(key, (map.get(key) ?? 0) + value);
}
