import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { CliError } from "../cli-error.js";
import { installationFolder, version } from "../installation.js";

/** Flags of `parlance plugin new`. */
export interface NewOptions {
  readonly language: "ts" | "js";
  readonly isolation: "in_process" | "process";
  /** Folder to write into. Absent means `parlance-plugin-<name>` here. */
  readonly dir?: string;
}

/** `parlance plugin new`: writes a package that is a working plugin, with its tests. Never writes over a file. */
export async function newPlugin(name: string, { language, isolation, dir }: NewOptions): Promise<void> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new CliError(`The name ${JSON.stringify(name)} must be lower-case letters, digits and "-", a letter first.`);
  }
  const shown = dir ?? `parlance-plugin-${name}`;
  const folder = resolve(shown);
  await refuseFull(folder, shown);
  const words: Record<string, string> = {
    name,
    package: `parlance-plugin-${name}`,
    variable: `${name.toUpperCase().replaceAll("-", "_")}_API_KEY`,
    sdkVersion: version,
    parlance: relative(folder, installationFolder).split(sep).join("/"),
    isolation,
  };
  for (const part of ["common", language]) {
    await copyFilled(join(installationFolder, "templates/plugin", part), folder, words);
  }
  process.stdout.write(
    `Wrote the plugin "${name}" to ${shown}. Prove that it works:\n\n  cd ${shown}\n  npm install\n  npm test\n\n` +
      "Its README says how to go on.\n",
  );
}

async function refuseFull(folder: string, shown: string): Promise<void> {
  const held = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new CliError(`${shown} is no folder to write into: ${error.message}.`);
  });
  if (held.length > 0) throw new CliError(`${shown} is not empty. Name another folder with --dir.`);
}

async function copyFilled(from: string, to: string, words: Readonly<Record<string, string>>): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    // npm would leave a .gitignore out of its tarball, and obey it.
    const target = join(to, relative(from, file)).replace(/_gitignore$/, ".gitignore");
    const text = await readFile(file, "utf8");
    await mkdir(dirname(target), { recursive: true });
    await writeFile(
      target,
      text.replaceAll(/\{\{(\w+)\}\}/g, (whole, word: string) => words[word] ?? whole),
      { flag: "wx" },
    );
  }
}
