// `npm run check`: everything that is proven without running Parlance. All steps run, also after one has failed.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const binaries = path.join(root, "node_modules", ".bin");
// buf looks for its plugins there.
const env = { ...process.env, PATH: `${binaries}${path.delimiter}${process.env.PATH}` };
const scratch = mkdtempSync(path.join(tmpdir(), "parlance-check-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const steps = [
  ["types", () => tool("tsc", "-p", "tsconfig.json")],
  ["lint", () => tool("oxlint", "--type-aware", "--deny-warnings")],
  ["format", () => tool("biome", "format")],
  ["architecture", () => tool("vitest", "run", "--project", "unit", "test/architecture")],
  ["unused code", () => tool("knip")],
  ["proto lint", () => tool("buf", "lint")],
  ["proto format", () => tool("buf", "format", "--diff", "--exit-code", "--path", "proto/parlance")],
  ["proto compatibility", () => protoCompatible()],
  ["generated code", () => generatedIsCurrent()],
];

let failed = 0;
for (const [name, run] of steps) {
  const began = performance.now();
  const { ok, output, note } = run();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`check: ${name} ${ok ? "passed" : "FAILED"} in ${seconds} s${note === undefined ? "" : ` (${note})`}`);
  if (!ok) {
    failed += 1;
    console.log(output.trim());
  }
}
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function tool(name, ...args) {
  return run(path.join(binaries, name), args);
}

function run(program, args) {
  const result = spawnSync(program, args, { cwd: root, env, encoding: "utf8", maxBuffer: 64 << 20 });
  return { ok: result.status === 0, output: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}` };
}

function git(...args) {
  const { ok, output } = run("git", args);
  return ok ? output.trim() : undefined;
}

/** Clients of an older contract must go on working: the proto against what was last there. */
function protoCompatible() {
  const base = baseOfProto();
  if (base === undefined) return { ok: true, output: "", note: "the contract has no past yet" };
  const before = path.join(scratch, "before");
  const archive = path.join(scratch, "before.tar");
  mkdirSync(before);
  const taken = run("git", ["archive", "--output", archive, base, "proto", "buf.yaml"]);
  if (!taken.ok) return taken;
  const unpacked = run("tar", ["-xf", archive, "-C", before]);
  if (!unpacked.ok) return unpacked;
  return { ...tool("buf", "breaking", "--against", before), note: `against ${base.slice(0, 12)}` };
}

/** The commit to compare with: the main branch where this is another, or else the last one whose proto differs. */
function baseOfProto() {
  for (const ref of ["origin/main", "main"]) if (differsFrom(ref)) return git("rev-parse", ref);
  if (differsFrom("HEAD")) return git("rev-parse", "HEAD");
  const changed = git("log", "-1", "--format=%H", "HEAD", "--", "proto");
  const before =
    changed === undefined || changed === "" ? undefined : git("rev-parse", "--verify", "--quiet", `${changed}^`);
  return before !== undefined && hasProto(before) ? before : undefined;
}

function differsFrom(ref) {
  return hasProto(ref) && git("diff", "--quiet", ref, "--", "proto") === undefined;
}

function hasProto(ref) {
  return git("cat-file", "-e", `${ref}:proto`) !== undefined;
}

function generatedIsCurrent() {
  const made = tool("buf", "generate", "--output", scratch);
  if (!made.ok) return made;
  const compared = run("git", [
    "diff",
    "--no-index",
    "--stat",
    path.join("src", "gen"),
    path.join(scratch, "src", "gen"),
  ]);
  return { ...compared, output: `src/gen is not what npm run generate makes:\n${compared.output}` };
}
