import { CliError } from "../cli-error.js";
import { type AdminOptions, askAdmin, followAdmin } from "../plugin/admin-client.js";
import { table } from "../plugin/table.js";
import type { Kind } from "./kind.js";

/** Flags of the commands that change nothing. */
export interface SeeOptions extends AdminOptions {
  readonly json?: boolean;
}

/** `parlance target | route list`. */
export async function list<Item>(kind: Kind<Item>, options: SeeOptions): Promise<void> {
  const items = kind.list.read(await askAdmin("GET", `/admin/v1/${kind.word}s`, kind.list.schema, options));
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify(
        items.map((item) => kind.json(item)),
        undefined,
        2,
      )}\n`,
    );
    return;
  }
  if (items.length === 0) process.stderr.write(`The configuration names no ${kind.word}s.\n`);
  process.stdout.write(
    table(
      kind.heads,
      items.flatMap((item) => kind.rows(item)),
    ),
  );
}

/** `parlance target | route get`. */
export async function get<Item>(kind: Kind<Item>, name: string, options: SeeOptions): Promise<void> {
  tell(kind, await getOne(kind, name, options), options);
}

/** `parlance target | route watch`: each as it is now, and again when it changes; with `--json` a line each. */
export async function watch<Item>(kind: Kind<Item>, options: SeeOptions): Promise<void> {
  const leaving = new AbortController();
  process.once("SIGINT", () => leaving.abort());
  process.once("SIGTERM", () => leaving.abort());
  try {
    const path = `/admin/v1/${kind.word}s:watch`;
    for await (const message of followAdmin(path, kind.one.schema, options, leaving.signal)) {
      const item = kind.one.read(message);
      if (item === undefined) continue;
      const words = (): string =>
        kind
          .rows(item)
          .map((row) => `${row.filter((cell) => cell !== "").join("  ")}\n`)
          .join("");
      process.stdout.write(options.json ? `${JSON.stringify(kind.json(item))}\n` : words());
    }
  } catch (thrown) {
    if (!leaving.signal.aborted) throw thrown;
  }
}

/** One of them. Throws a `CliError` with near names. */
export async function getOne<Item>(kind: Kind<Item>, name: string, options: AdminOptions): Promise<Item> {
  return needed(kind.one.read(await askAdmin("GET", pathOf(kind, name), kind.one.schema, options)), kind);
}

/** Tells one of them as it is. */
export function tell<Item>(kind: Kind<Item>, item: Item, { json }: SeeOptions): void {
  const page = kind.page(item).filter(([, value]) => value !== "");
  process.stdout.write(json ? `${JSON.stringify(kind.json(item), undefined, 2)}\n` : table(undefined, page));
}

/** Where one of them is. The name's slashes stay; what else has a meaning in a path is escaped. */
export function pathOf<Item>({ word }: Kind<Item>, name: string): string {
  return `/admin/v1/${word}s/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** What a gateway must have answered with. */
export function needed<Item>(item: Item | undefined, { word }: Kind<Item>): Item {
  if (item === undefined) throw new CliError(`The gateway answered without a ${word}.`);
  return item;
}
