import { readdirSync, readFileSync } from "node:fs";

/** A process that another one has started. */
export interface ChildProcessFound {
  readonly pid: number;
  readonly command: string;
}

/** The children of a process that run, as the kernel knows them. Plugins alone are told: a test has others. */
export function pluginsOf(parent: number = process.pid): ChildProcessFound[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        // The name of the program stands in brackets and may hold anything.
        const [state, parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (Number(parentPid) !== parent || state === "Z") return [];
        const environment = readFileSync(`/proc/${name}/environ`, "utf8");
        if (!environment.includes("PARLANCE_PLUGIN_SOCKET=")) return [];
        return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch {
        // It ended while it was looked at.
        return [];
      }
    });
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** Waits until something is so; fails when it is not within `milliseconds`. */
export async function until(what: () => boolean | Promise<boolean>, milliseconds = 10_000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await what())) {
    if (performance.now() > deadline)
      throw new Error(`it did not become so within ${milliseconds} ms: ${String(what)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
