// Makes what runs out of the compiled modules: each entry below as one file of `dist` and the chunks that they share,
// dependencies included, because a thousand small files take most of a start. `setup.mjs` runs it.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(root, ".cache", "modules");
const dist = path.join(root, "dist");

/** What is started, or imported by name from outside of the gateway. */
const ENTRIES = [
  "main.js",
  "dialects/index.js",
  "loader/load.js",
  "loader/remote/run-plugin.js",
  "loader/sdk-hook.js",
  "sdk/index.js",
  "sdk/serve.js",
  "sdk/testing/index.js",
];

/** A native module, and data that is found as a package and read when it is needed. */
const EXTERNAL = ["libsql", "@pydantic/*", "@tokenlens/*"];

const { metafile } = await build({
  entryPoints: ENTRIES.map((entry) => path.join(modules, entry)),
  outbase: modules,
  outdir: dist,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: EXTERNAL,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
  // What is CommonJS among the dependencies requires Node's own modules.
  banner: {
    js: 'import { createRequire as createRequireHere } from "node:module"; const require = createRequireHere(import.meta.url);',
  },
});

removeOthers(new Set(Object.keys(metafile.outputs).map((file) => path.resolve(file))));
fs.writeFileSync(path.join(dist, "third-party-notices.txt"), notices());

/** Modules of an earlier run. */
function removeOthers(made) {
  for (const entry of fs.readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith(".js") && !made.has(file)) fs.rmSync(file);
  }
}

/** The licences of the packages whose code is in the bundle. */
function notices() {
  const packages = new Set(Object.keys(metafile.inputs).flatMap((file) => packageOf(file) ?? []));
  return [...packages]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
      const texts = fs
        .readdirSync(folder)
        .filter((file) => /^(?:licen[cs]e|notice)/i.test(file))
        .map((file) => fs.readFileSync(path.join(folder, file), "utf8").trim());
      return `${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** The folder of the package that a file of `node_modules` belongs to. */
function packageOf(file) {
  const found = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path.resolve(file));
  return found?.[1];
}
