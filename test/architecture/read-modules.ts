import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** A source file and what it imports: at run time or for types only, statically, dynamically or by re-export. */
export interface Module {
  /** Path from the root of the tree, with slashes. */
  readonly path: string;
  readonly imports: readonly string[];
  /** Its text with comments blanked out. */
  readonly code: string;
}

/** Every TypeScript module under some folders of a tree. Throws on one that cannot be parsed. */
export function readModules(root: string, folders: readonly string[]): Module[] {
  return folders.flatMap((folder) => filesIn(join(root, folder), ".ts")).map((file) => readModule(root, file));
}

/** Every file under a folder whose name ends so, without what is built or installed. Empty when there is no folder. */
export function filesIn(folder: string, ending: string): string[] {
  const entries = (() => {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch {
      return [];
    }
  })();
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["node_modules", "dist"].includes(entry.name) ? [] : filesIn(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

function readModule(root: string, file: string): Module {
  const text = readFileSync(file, "utf8");
  const path = relative(root, file).split(sep).join("/");
  const { program, module, comments, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
  const imports = new Set(module.staticImports.map((one) => one.moduleRequest.value));
  for (const { moduleRequest } of module.staticExports.flatMap((one) => one.entries)) {
    if (moduleRequest !== null) imports.add(moduleRequest.value);
  }
  new Visitor({
    ImportExpression({ source }) {
      if (source.type === "Literal" && typeof source.value === "string") imports.add(source.value);
    },
    TSImportType({ source }) {
      imports.add(source.value);
    },
  }).visit(program);
  return { path, imports: [...imports], code: blank(text, comments) };
}

function blank(text: string, ranges: readonly { start: number; end: number }[]): string {
  let out = "";
  let at = 0;
  for (const { start, end } of ranges) {
    out += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/g, " ");
    at = end;
  }
  return out + text.slice(at);
}
