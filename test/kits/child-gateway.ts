import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: { start: string } };
/** What `npm start` runs once it is set up: Node's own flags, the file and the command. */
const COMMAND = scripts.start.slice(scripts.start.lastIndexOf("node ") + "node ".length).split(" ");

/** The built gateway in a process of its own, as users run it. */
export interface ChildGateway {
  readonly url: string;
  /** Resident memory in bytes, as the kernel counts it. */
  residentBytes(): number;
  stop(): Promise<void>;
}

/** Starts the built gateway from YAML; resolves once it says that it serves. */
export async function startChildGateway(yaml: string): Promise<ChildGateway> {
  const folder = mkdtempSync(join(tmpdir(), "parlance-child-"));
  const file = join(folder, "parlance.yaml");
  writeFileSync(file, yaml);
  const child = spawn(process.execPath, [...COMMAND, "--config", file, "--port", "0"], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stderr.on("data", (bytes: Buffer) => {
      text += bytes.toString("utf8");
      const found = /serves at (\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`the gateway ended with ${String(code)}: ${text}`)));
  });
  return {
    url,
    residentBytes() {
      const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(child.pid)}/status`, "utf8"))?.[1];
      return Number(kilobytes) * 1024;
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
