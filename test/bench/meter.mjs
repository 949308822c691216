// Preloaded into every contender (`node --import`): tells its own CPU time and memory, and profiles itself, when asked.
import { Session } from "node:inspector";

let session;

process.on("message", ({ ask, id, ...rest }) => {
  if (ask === undefined) return;
  answer(ask, rest).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: String(error) }),
  );
});
// Whoever asks is gone: nobody else would end this process.
process.on("disconnect", () => process.exit(1));
process.channel?.unref();

async function answer(ask, { intervalMicros }) {
  if (ask === "usage") return usage();
  if (ask === "profile-start") {
    session = new Session();
    session.connect();
    await post("Profiler.enable");
    await post("Profiler.setSamplingInterval", { interval: intervalMicros });
    await post("Profiler.start");
    return usage();
  }
  if (ask === "profile-stop") {
    const told = usage();
    const { profile } = await post("Profiler.stop");
    session.disconnect();
    return { ...told, profile };
  }
  throw new Error(`unknown question: ${ask}`);
}

/** CPU in microseconds, of all threads, user and system. Memory in bytes. */
function usage() {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, rss: process.memoryUsage.rss() };
}

function post(method, parameters) {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result)));
  });
}
