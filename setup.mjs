// Makes a clone runnable: dependencies, dist/ (by way of .cache/modules), plugins/*/dist. `npm start`, `npm test` and the others run it first.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
const OLDEST_NODE = [20, 19];
/** Outside node_modules, which `npm ci` removes. */
const lockFile = path.join(root, ".cache", "setup.lock");
/** The gateway's modules as the compiler writes them. */
const modules = path.join(root, ".cache", "modules");
const installStamp = path.join(root, "node_modules", ".parlance-setup");
let child;

refuseOldNode();
if (work().length > 0) await holdingLock(doWork);

/** What is to be done, in order. Empty when the clone is up to date, which is found out without a lock. */
function work() {
  const install = installHash();
  if (read(installStamp) !== install) {
    const why = fs.existsSync(path.join(root, "node_modules")) ? "they changed" : "there are none yet";
    return [{ says: `installing dependencies (npm ci: ${why})`, run: npmCi, stamp: installStamp, hash: install }];
  }
  const steps = [];
  const settings = ["tsconfig.build.json", "bundle.mjs"].map((file) => path.join(root, file));
  addGateway(steps, treeHash([path.join(root, "src")], [...settings, tsconfigBase()], install));
  // A plugin is compiled against the SDK, so it is built again when the SDK changes.
  const parts = ["sdk", "dialects", "gen"].map((part) => path.join(root, "src", part));
  const making = ["build.mjs", "package.json"].map((file) => path.join(root, "src", "sdk", file));
  const sdk = treeHash(parts, [tsconfigBase(), ...making], install);
  addSdk(steps, sdk);
  for (const plugin of plugins()) {
    const config = path.join(plugin, "tsconfig.json");
    if (!fs.existsSync(config)) continue;
    const hash = treeHash([path.join(plugin, "src")], [config, path.join(plugin, "package.json")], sdk);
    addPlugin(steps, plugin, hash);
  }
  return steps;
}

/** The gateway is compiled module by module, and bundled then, where there is something to bundle it with. */
function addGateway(steps, hash) {
  const dist = path.join(root, "dist");
  const stamp = path.join(dist, ".parlance-setup");
  if (read(stamp) === hash) return;
  const build = async () => {
    // The compiler does not look whether what it wrote before is still there.
    if (!fs.existsSync(path.join(modules, "main.js"))) fs.rmSync(path.join(dist, ".tsbuildinfo"), { force: true });
    await compile(root, "tsconfig.build.json");
    removeOrphans(modules, path.join(root, "src"));
    removeOrphans(dist, path.join(root, "src"), ".d.ts");
    await run(process.execPath, [path.join(root, "bundle.mjs")], root);
  };
  steps.push({ says: "building dist", run: build, stamp, hash });
}

function addPlugin(steps, folder, hash) {
  const stamp = path.join(folder, "dist", ".parlance-setup");
  if (read(stamp) === hash) return;
  const build = async () => {
    await compile(folder, "tsconfig.json");
    removeOrphans(path.join(folder, "dist"), path.join(folder, "src"));
  };
  steps.push({ says: `building ${path.relative(root, folder)}/dist`, run: build, stamp, hash });
}

/** The SDK as a package of its own, and as the one that the gateway's plugins share with it. */
function addSdk(steps, hash) {
  const folder = path.join(root, "src", "sdk");
  const program = path.join(folder, "build.mjs");
  const stamp = path.join(folder, "dist", ".parlance-setup");
  if (!fs.existsSync(program) || read(stamp) === hash) return;
  steps.push({ says: "building src/sdk/dist", run: () => run(process.execPath, [program], folder), stamp, hash });
}

async function doWork() {
  // Twice at most: what is to be built is known only once the dependencies are there.
  for (let round = 0; round < 2; round += 1) {
    const steps = work();
    for (const step of steps) {
      const began = performance.now();
      fs.rmSync(step.stamp, { force: true });
      process.stderr.write(`setup: ${step.says} ...`);
      await step.run();
      fs.writeFileSync(step.stamp, step.hash);
      process.stderr.write(` ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    }
    if (steps[0]?.run !== npmCi) return;
  }
}

async function npmCi() {
  // NODE_ENV=production would leave out the compiler.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  if (npm !== undefined && /\bnpm(-cli)?\.[cm]?js$/.test(npm)) await run(process.execPath, [npm, ...args], root);
  else await run(process.platform === "win32" ? "npm.cmd" : "npm", args, root);
}

async function compile(folder, config) {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [tsc, "-p", path.join(folder, config)], folder);
}

/** Removes built modules whose source is gone, so that nothing imports them by accident. `told`: how those end that tell. */
function removeOrphans(built, src, told = ".js") {
  for (const file of filesIn(built)) {
    if (!file.endsWith(told)) continue;
    const base = path.relative(built, file).slice(0, -told.length);
    if (fs.existsSync(path.join(src, `${base}.ts`)) || fs.existsSync(path.join(src, `${base}.js`))) continue;
    for (const end of [".js", ".js.map", ".d.ts"]) fs.rmSync(path.join(built, base + end), { force: true });
  }
}

/** Runs a program; its output is shown only when it fails, and then this process fails too. */
function run(program, args, cwd) {
  return new Promise((resolve) => {
    let output = "";
    child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (bytes) => (output += bytes));
    child.stderr.on("data", (bytes) => (output += bytes));
    child.on("error", (error) => fail(` failed\n${error.message}`));
    child.on("close", (code, signal) => {
      child = undefined;
      if (code === 0) resolve();
      else fail(` failed (${path.basename(program)} ${args.join(" ")}: ${signal ?? `exit ${code}`})\n${output.trim()}`);
    });
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`setup: Parlance needs Node ${OLDEST_NODE.join(".")} or later; this is Node ${process.versions.node}.`);
}

/** Runs `task` while no other setup of this clone runs. */
async function holdingLock(task) {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  let told = false;
  while (!tryLock()) {
    if (!told) process.stderr.write("setup: waiting for another setup of this clone\n");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.on("exit", () => fs.rmSync(lockFile, { force: true }));
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
    process.on(signal, () => {
      child?.kill(signal);
      process.exit(code);
    });
  }
  await task();
}

function tryLock() {
  if (createLock(lockFile)) return true;
  if (alive(Number(read(lockFile)))) return false;
  // Its holder was killed. Only one may take it away, or it would take away the next one's.
  const takeover = `${lockFile}.takeover`;
  if (!createLock(takeover)) {
    if (!alive(Number(read(takeover)))) fs.rmSync(takeover, { force: true });
    return false;
  }
  try {
    if (!alive(Number(read(lockFile)))) fs.rmSync(lockFile, { force: true });
  } finally {
    fs.rmSync(takeover, { force: true });
  }
  return createLock(lockFile);
}

/** The lock appears with its holder's number in it, never empty: it is written beside and linked into place. */
function createLock(file) {
  const mine = `${file}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

function alive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** What decides what `npm ci` installs: the lockfile, and of each package.json the members that it looks at. */
function installHash() {
  const hash = createHash("sha256").update(read(path.join(root, "package-lock.json")) ?? "");
  for (const folder of [root, path.join(root, "src", "sdk"), ...plugins()]) {
    const text = read(path.join(folder, "package.json"));
    if (text === undefined) continue;
    const { name, version, workspaces, bin, ...rest } = JSON.parse(text);
    const { dependencies, devDependencies, optionalDependencies, peerDependencies, overrides } = rest;
    const asked = [dependencies, devDependencies, optionalDependencies, peerDependencies, overrides];
    hash.update(JSON.stringify([path.relative(root, folder), name, version, workspaces, bin, asked]));
  }
  // Native packages differ between them.
  return hash.update(`${process.platform} ${process.arch}`).digest("hex");
}

/** A cheap hash of the sources: their names, sizes and times of change, and what else they are built with. */
function treeHash(folders, files, more) {
  const hash = createHash("sha256").update(more);
  for (const file of [...folders.flatMap(filesIn), ...files]) {
    if (file.endsWith(".test.ts")) continue;
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    hash.update(`${path.relative(root, file)} ${stat?.size} ${stat?.mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function plugins() {
  const folder = path.join(root, "plugins");
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder).sort();
  return names
    .map((name) => path.join(folder, name))
    .filter((plugin) => fs.existsSync(path.join(plugin, "package.json")));
}

function filesIn(folder) {
  if (!fs.existsSync(folder)) return [];
  const found = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(["node_modules", "dist"].includes(entry.name) ? [] : filesIn(file)));
    else found.push(file);
  }
  return found.sort();
}

function tsconfigBase() {
  return path.join(root, "tsconfig.base.json");
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
