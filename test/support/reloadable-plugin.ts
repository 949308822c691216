import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A plugin whose package a test writes again and again. */
export interface ReloadablePlugin {
  /** What its code has done so far, in words such as `import one`, `create one`, `close one`. */
  deeds(): string[];
  /** Writes the package. `tag` is the header `x-edition` of its calls; `more` goes into the manifest. */
  write(version: string, tag: string, more?: Readonly<Record<string, unknown>>): void;
  /** Makes the package one that throws as soon as it is imported. */
  spoil(): void;
}

/** A package in `folder/name` whose providers call `upstream` in the dialect of chat completions. */
export function reloadablePlugin(folder: string, name: string, upstream: string): ReloadablePlugin {
  const directory = join(folder, name);
  const log = join(folder, `${name}.log`);
  mkdirSync(directory, { recursive: true });
  return {
    deeds: () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : []),
    write(version, tag, more = {}) {
      const parlance = { kind: "provider", api: 1, entry: "./index.js", capabilities: ["complete"], ...more };
      const manifest = { name: `parlance-plugin-${name}`, version, type: "module", parlance };
      writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
      writeFileSync(join(directory, "tag.js"), `export const tag = ${JSON.stringify(tag)};\n`);
      writeFileSync(
        join(directory, "index.js"),
        `import { appendFileSync } from "node:fs";
import { tag } from "./tag.js";
const tell = (deed) => appendFileSync(${JSON.stringify(log)}, deed + " " + tag + "\\n");
tell("import");
export default {
  create() {
    tell("create");
    const wire = { baseUrl: ${JSON.stringify(upstream)}, headers: { "x-edition": tag } };
    return { wire: { ...wire, chat: { path: "/chat/completions", dialect: "openai-chat" } }, close: () => tell("close") };
  },
};
`,
      );
    },
    spoil() {
      appendFileSync(join(directory, "index.js"), 'throw new TypeError("no such thing");\n');
    },
  };
}
