// The published npm gateway, fetched on demand into a temporary folder; it is no dependency of ours.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const PACKAGE = "@portkey-ai/gateway";
const VERSION = "1.15.2";

let folder;

/** Installs it, once in a run. */
export function fetchPortkey() {
  folder = mkdtempSync(path.join(tmpdir(), "parlance-bench-portkey-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  execFileSync("npm", [...args, "--prefix", folder, `${PACKAGE}@${VERSION}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Its program. */
export function portkeyProgram() {
  return path.join(folder, "node_modules", ...PACKAGE.split("/"), "build", "start-server.js");
}
