import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A directory for the packages of one test. */
export interface ThrowAway {
  readonly directory: string;
  /** Writes files by their path; a value that is not text is written as JSON. */
  write(files: Readonly<Record<string, unknown>>): Promise<void>;
  /** Writes a package with a good manifest, changed by `parlance`, and `code` as its entry. Gives its directory. */
  plugin(path: string, parlance?: Readonly<Record<string, unknown>>, code?: string): Promise<string>;
  remove(): Promise<void>;
}

/** The code of a plugin that works. */
export const GOOD_CODE = "export default { create: () => ({ complete: async function* () {} }) };\n";

/** Makes a directory under the system's own for temporary files. */
export async function throwAway(): Promise<ThrowAway> {
  const directory = await mkdtemp(join(tmpdir(), "parlance-loader-"));
  const write: ThrowAway["write"] = async (files) => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    }
  };
  return {
    directory,
    write,
    plugin: async (path, parlance = {}, code = GOOD_CODE) => {
      const name = path.split("/").at(-1);
      await write({
        [`${path}/package.json`]: {
          name: `parlance-plugin-${name}`,
          version: "1.2.3",
          type: "module",
          parlance: { kind: "provider", api: 1, entry: "./index.js", capabilities: ["complete"], ...parlance },
        },
        [`${path}/index.js`]: code,
      });
      return join(directory, path);
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
