import { spawn } from "node:child_process";
import { createServer } from "node:net";

/** A port of loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server and waits until `url` answers with a success. What it prints is told if it never does. */
export async function startServer(name, program, args, url, seconds = 60) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => {
      printed = (printed + bytes).slice(-20_000);
    });
  }
  child.on("error", (error) => {
    printed += error.message;
  });
  const gone = new Promise((resolve) => {
    child.on("close", (code) => {
      ended = true;
      resolve(code);
    });
  });
  const stop = async () => {
    if (!ended) child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const code = await gone;
    clearTimeout(killer);
    return code;
  };
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    if (await answers(url)) return { stop, printed: () => printed };
    if (ended || Date.now() > deadline) {
      await stop();
      throw new Error(`${name} ${ended ? "ended" : `did not answer within ${seconds} s`}:\n${printed}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function answers(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
