import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where a command runs, and with what. */
export interface ProgramWorld {
  readonly cwd: string;
  /** Variables beside `PATH`; no others are there. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What is on its standard input. Absent means nothing. */
  readonly input?: string | undefined;
}

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

/** A command that runs. */
export interface Program {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  out(): string;
  error(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves as soon as a text has come; rejects when the command ends without it. */
  said(where: "out" | "error", text: RegExp): Promise<RegExpExecArray>;
}

/** Builds what is not up to date, so that a test never passes on a stale build. */
export function buildProgram(): void {
  const { status, stderr } = spawnSync(process.execPath, ["setup.mjs"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** Starts the program as it is installed. */
export function startProgram(args: readonly string[], { cwd, environment, input = "" }: ProgramWorld): Program {
  const child: ChildProcess = spawn(process.execPath, [`${root}dist/main.js`, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const texts = { out: "", error: "" };
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  const take = (where: "out" | "error") => (piece: string) => {
    texts[where] += piece;
    tell();
  };
  child.stdout?.setEncoding("utf8").on("data", take("out"));
  child.stderr?.setEncoding("utf8").on("data", take("error"));
  // It may have ended without reading.
  child.stdin?.on("error", () => {}).end(input);
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      over = true;
      resolve({ code, signal, ...texts });
      tell();
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    out: () => texts.out,
    error: () => texts.error,
    signal: (name) => void child.kill(name),
    said: (where, text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = text.exec(texts[where]);
          if (found === null && !over) return;
          listeners.delete(look);
          if (found !== null) resolve(found);
          else reject(new Error(`it ended without saying ${text}:\n${texts.out}\n${texts.error}`));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Runs the program to its end. */
export function runProgram(args: readonly string[], world: ProgramWorld): Promise<Ended> {
  return startProgram(args, world).ended;
}
