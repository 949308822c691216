import { randomBytes } from "node:crypto";
import { access, mkdtemp, rm } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOCKET_DIRECTORY } from "./runner.js";

/** A place for one plugin to listen, that no other user of the machine can reach. */
export interface PrivateSocket {
  readonly path: string;
  /** Random; what callers must send as bearer. A second fence beside the directory's mode. */
  readonly token: string;
  /** Resolves once the socket is there, and never after `remove`. */
  readonly bound: Promise<void>;
  /** Removes it with its directory. */
  remove(): void;
}

/** Most bytes of a socket's path that every system takes (`sun_path`: 104 on macOS, 108 on Linux). */
const MOST_BYTES = 103;
const LOOK_EVERY_MS = 5;

/** Makes a directory with mode 0700 for one socket. */
export async function privateSocket(): Promise<PrivateSocket> {
  const directory = await mkdtemp(join(tmpdir(), SOCKET_DIRECTORY));
  const path = join(directory, "s");
  if (Buffer.byteLength(path) > MOST_BYTES) {
    await rm(directory, { recursive: true, force: true });
    throw new Error(`The path ${path} is too long for a socket. Set TMPDIR to a shorter one.`);
  }
  let timer: NodeJS.Timeout | undefined;
  let removed = false;
  const bound = new Promise<void>((resolve) => {
    const look = (): void => {
      access(path).then(resolve, () => {
        if (!removed) timer = setTimeout(look, LOOK_EVERY_MS);
      });
    };
    look();
  });
  return {
    path,
    token: randomBytes(24).toString("base64url"),
    bound,
    remove() {
      removed = true;
      clearTimeout(timer);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
