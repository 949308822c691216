// Makes the built SDK out of the built gateway, as two packages:
// - `src/sdk/dist`: what `npm pack` puts into the tarball of `@parlance/sdk`. It holds all that it needs.
// - `plugins/node_modules/@parlance/sdk`: for the plugins that come with the gateway. Its modules only pass on the
//   gateway's own, from which they lie as far in an installed gateway as in a clone: all of these share one copy.
// Plain JavaScript, because `setup.mjs` runs it; it reads what the compiler wrote to `dist` and `.cache/modules`.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");
const built = path.join(root, "dist");
const modules = path.join(root, ".cache", "modules");
const manifest = JSON.parse(fs.readFileSync(path.join(here, "package.json"), "utf8"));
const entries = Object.values(manifest.exports)
  .flatMap(({ types, default: module }) => (module === undefined ? [] : [types, module]))
  .map((target) => path.relative("dist", target))
  .filter((file) => fs.existsSync(pathOf(file)));

const carrier = path.join(root, "plugins/node_modules", manifest.name);
replace(path.join(here, "dist"), packaged());
replace(carrier, shared());

/** Every file that the entries need, by its path. Throws for a package that the SDK does not declare. */
function packaged() {
  const files = new Map();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    const text = fs.readFileSync(pathOf(file), "utf8");
    // Their sources are not in the package.
    files.set(file, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith(".")) waiting.push(resolveFrom(file, specifier));
      else if (!specifier.startsWith("node:")) requireDeclared(file, specifier);
    }
  }
  return files;
}

/** A package of the same name and exports whose modules are the gateway's. */
function shared() {
  const { name, version, type, exports } = manifest;
  const files = new Map([["package.json", `${JSON.stringify({ name, version, type, exports }, undefined, 2)}\n`]]);
  for (const entry of entries) {
    const file = path.join("dist", entry);
    const way = path.relative(path.join(carrier, path.dirname(file)), path.join(built, entry));
    files.set(
      file,
      `export * from "${way
        .split(path.sep)
        .join("/")
        .replace(/\.d\.ts$/, ".js")}";\n`,
    );
  }
  return files;
}

/** Where the compiler wrote it: what runs is bundled, and its modules lie elsewhere. */
function pathOf(file) {
  return path.join(file.endsWith(".d.ts") ? built : modules, file);
}

function importsOf(text) {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([\w@.][\w@./:-]*)"/g)].map(([, specifier]) => specifier);
}

function resolveFrom(file, specifier) {
  const module = path.join(path.dirname(file), specifier);
  return file.endsWith(".d.ts") ? module.replace(/\.js$/, ".d.ts") : module;
}

function requireDeclared(file, specifier) {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (manifest.dependencies[name] !== undefined || manifest.peerDependencies[name] !== undefined) return;
  throw new Error(`${file} imports ${name}, which is not among the dependencies in src/sdk/package.json.`);
}

/** Makes a folder hold these files and no others. A file that stays is never missing meanwhile. */
function replace(folder, files) {
  for (const [file, text] of files) {
    const target = path.join(folder, file);
    if (fs.existsSync(target) && fs.readFileSync(target, "utf8") === text) continue;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(`${target}.new`, text);
    fs.renameSync(`${target}.new`, target);
  }
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(path.relative(folder, file))) fs.rmSync(file);
  }
}
