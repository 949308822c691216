import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** An npm registry on this machine. */
export interface LocalRegistry {
  readonly url: string;
  close(): Promise<void>;
}

interface Locked {
  readonly version: string;
  readonly link?: boolean;
}

/**
 * Serves the packages that `npm ci` has put into this clone, and no others, as a registry. So an install into another
 * folder is npm's own, and needs neither a network nor what npm may have kept from an earlier one.
 */
export async function startLocalRegistry(): Promise<LocalRegistry> {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  const byName = new Map<string, [folder: string, locked: Locked][]>();
  for (const [folder, locked] of Object.entries(packages)) {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(folder)?.[1];
    if (name === undefined || locked.link === true) continue;
    byName.set(name, [...(byName.get(name) ?? []), [folder, locked]]);
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", url).pathname).slice(1);
    const [name = "", file] = path.split("/-/");
    const found = byName.get(name);
    if (found === undefined) {
      response.writeHead(404).end("{}");
    } else if (file === undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(describe(name, found)));
    } else {
      const version = file.replace(/\.tgz$/, "");
      const folder = found.find(([at, locked]) => locked.version === version && existsSync(join(root, at)))?.[0];
      if (folder === undefined) response.writeHead(404).end("{}");
      else sendTarball(join(root, folder), response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const describe = (name: string, found: readonly [string, Locked][]): object => ({
    name,
    "dist-tags": { latest: found[0]?.[1].version },
    versions: Object.fromEntries(
      found.map(([, { link: _, ...locked }]) => [
        locked.version,
        { ...locked, name, dist: { tarball: `${url}${name}/-/${locked.version}.tgz` } },
      ]),
    ),
  });
  return {
    url,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A package as npm packs it: in a folder `package`, without what is installed in it. */
function sendTarball(folder: string, response: ServerResponse): void {
  const scratch = mkdtempSync(join(tmpdir(), "parlance-registry-"));
  symlinkSync(folder, join(scratch, "package"));
  const args = ["-chzf", "-", "--exclude", "package/node_modules", "-C", scratch, "package"];
  const tar = spawn("tar", args, { stdio: ["ignore", "pipe", "inherit"] });
  response.writeHead(200, { "content-type": "application/octet-stream" });
  tar.stdout.pipe(response);
  tar.once("close", () => rmSync(scratch, { recursive: true }));
}
