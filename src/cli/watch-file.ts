import { watch } from "node:fs";
import { basename, dirname } from "node:path";

// An editor writes in several steps; the file is whole once they have stopped for so long.
const QUIET_MS = 200;

/**
 * Calls `changed` after a file was written, replaced or removed. The folder is watched and not the file: a file that is
 * replaced by renaming is another file, and Kubernetes replaces a link beside it (`..data`). Throws where the system has
 * no watch to give. Keeps no process alive.
 */
export function watchFile(file: string, changed: () => void): void {
  const name = basename(file);
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(file), { persistent: false }, (_event, touched) => {
    if (touched !== null && touched !== name && !touched.startsWith("..data")) return;
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  });
  // The folder is gone. A hang-up signal still has the file read.
  watcher.on("error", () => watcher.close());
}
