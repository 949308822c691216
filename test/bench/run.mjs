// `npm run bench`: what Parlance costs, beside the least that the same work can cost.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { chooseGroups, contendersIn } from "./cells.mjs";
import { measure, warmUp, withContenders } from "./measure.mjs";
import { readOptions } from "./options.mjs";
import { fetchPortkey } from "./portkey.mjs";
import { endAll, start } from "./processes.mjs";
import { profile } from "./profile.mjs";
import { summarise, tellBudget, tellGroup } from "./report.mjs";
import { measureStartup, STARTUP, tellStartup } from "./startup.mjs";

const options = readOptions(process.argv.slice(2));
const folder = mkdtempSync(path.join(os.tmpdir(), "parlance-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => process.exit(code));
}

try {
  await main();
} catch (error) {
  progress("");
  process.stderr.write(`bench: ${error.stack}\n`);
  process.exitCode = 1;
}
// Its children's channels would keep it.
endAll();

async function main() {
  const began = performance.now();
  const asksStartup = options.profile === undefined && (options.only === undefined || options.only.test(STARTUP));
  const groups = options.profile === undefined ? chooseGroups(options) : [];
  if (options.profile === undefined && groups.length === 0 && !asksStartup) {
    throw new Error(`no cell's name matches ${options.only}`);
  }
  if (options.peers.includes("portkey")) {
    progress("fetching @portkey-ai/gateway");
    fetchPortkey();
  }
  const provider = await start("upstream", new URL("upstream.mjs", import.meta.url), [], { metered: false });
  const load = await start("load", new URL("load.mjs", import.meta.url), [], { metered: false });
  const place = { upstream: `http://127.0.0.1:${provider.ports.h1}`, folder };
  if (options.profile !== undefined) {
    await profile(options, load, place, progress);
    return;
  }
  const machine = { cpu: os.cpus()[0]?.model, cores: os.availableParallelism(), node: process.version };
  console.log(
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${options.rounds} rounds of ${options.sliceMs} ms a cell and contender, after ${options.warm} requests`,
  );
  let startup;
  if (asksStartup) {
    progress(STARTUP);
    startup = await measureStartup(folder, options.quick ? 3 : 7);
    progress("");
    console.log(`\n${tellStartup(startup)}`);
  }
  const told = [];
  for (const group of groups) {
    const slices = await measureGroup(group, load, place);
    const cells = summarise(group, slices);
    told.push({ group: group.name, title: group.title, cells });
    progress("");
    console.log(`\n${tellGroup(group, cells)}`);
  }
  const budget = tellBudget(told.flatMap(({ cells }) => cells));
  if (budget !== undefined) console.log(`\n${budget}`);
  if (options.json !== undefined) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine, options: { ...options, only: String(options.only) }, startup, groups: told }, null, 2)}\n`,
    );
  }
  console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);
}

/** All slices of a group: `{ cell, contender, round, ...figures }`. */
async function measureGroup(group, load, place) {
  const slices = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    await withContenders(group, group.contenders, place, async (running) => {
      for (const contender of running.values()) {
        progress(`${group.name}, round ${round} of ${options.rounds}: warming up ${contender.name}`);
        await warmUp(load, contender, group, options, place.upstream);
      }
      for (const cell of group.cells) {
        for (const contender of contendersIn(group, cell).map((name) => running.get(name))) {
          progress(`${cell.name}, round ${round} of ${options.rounds}: ${contender.name}`);
          const figures = await measure(load, contender, group.lane, cell, options.sliceMs, place.upstream);
          slices.push({ cell: cell.name, contender: contender.name, round, ...figures });
        }
      }
    });
  }
  return slices;
}

/** A line that is overwritten by the next; only for eyes. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
