import type { Readable } from "node:stream";

/** Most lines of one plugin that are logged in a second; the rest is counted. */
const MOST_LINES = 100;
/** Most characters of a line that are logged. */
const MOST_LENGTH = 4096;

/** What a plugin prints. */
export interface PrintedLines {
  /** Takes what comes on a stream. */
  take(stream: Readable, name: "stdout" | "stderr"): void;
  /** The last line that was printed as an error, for the reason of its end; empty where there is none. */
  lastError(): string;
}

/**
 * Cuts what a plugin prints into lines. `tell` gets each, or, with the name `dropped`, how many of the last second were
 * too many.
 */
export function printedLines(
  tell: (name: "stdout" | "stderr" | "dropped", line: string) => void,
  now: () => number = () => performance.now(),
): PrintedLines {
  let second = now();
  let told = 0;
  let dropped = 0;
  let last = "";
  const line = (name: "stdout" | "stderr", text: string): void => {
    if (text.trim() === "") return;
    // Of a stack the first line is what happened; so it is of a nested one.
    if (name === "stderr" && !/^\s/.test(text) && !text.startsWith("Node.js v")) last = text.slice(0, MOST_LENGTH);
    if (now() - second >= 1000) {
      if (dropped > 0) tell("dropped", String(dropped));
      second = now();
      told = 0;
      dropped = 0;
    }
    told += 1;
    if (told > MOST_LINES) dropped += 1;
    else tell(name, text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH)}…` : text);
  };
  return {
    take(stream, name) {
      let open = "";
      stream.setEncoding("utf8");
      stream.on("data", (piece: string) => {
        const lines = (open + piece).split("\n");
        open = lines.pop() ?? "";
        for (const text of lines) line(name, text);
        if (open.length > MOST_LENGTH) {
          line(name, open);
          open = "";
        }
      });
      stream.on("end", () => line(name, open));
      // A pipe that breaks with its process has no more to tell.
      stream.on("error", () => {});
    },
    lastError: () => last,
  };
}
