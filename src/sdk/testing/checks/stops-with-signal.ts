import { answerUntil } from "../behaviours.js";
import { type Check, promise, Unsupported } from "../check.js";
import { type Kit, soon } from "../kit.js";
import type { Behaviour } from "../local-upstream.js";
import type { Recording } from "../recording.js";
import { runCall } from "../run-call.js";
import { everyKind } from "./one-call.js";

/** Milliseconds that a call may take to end after its signal. */
const LIMIT_MS = 2500;

export const stopsWithSignal: Check = {
  name: "stops-with-signal",
  promise: "It stops soon after its signal fires, before the headers and in the middle of a stream, and hangs up.",
  async run(kit) {
    if (!kit.subject.conformance.upstream) return stopsAlone(kit);
    for (const recording of everyKind(kit)) await stops(kit, recording, () => {}, "before the headers");
    const { bytes } = everyKind(kit).find(isStream)?.answer ?? {};
    const stream = everyKind(kit).find(isStream);
    if (stream === undefined || bytes === undefined) return;
    await stops(
      kit,
      stream,
      answerUntil(stream.answer, bytes.length >> 1, () => {}),
      "in the middle of a stream",
    );
  },
};

function isStream({ ask }: Recording): boolean {
  return ask.operation === "complete" && ask.stream;
}

async function stops(kit: Kit, recording: Recording, behaviour: Behaviour, when: string): Promise<void> {
  const { upstream } = kit;
  const provider = await kit.provider();
  // What was seen before is forgotten at once, and not when the call begins.
  upstream.behave(behaviour);
  const controller = new AbortController();
  const running = kit
    .play(recording, behaviour, { provider, signal: controller.signal, limitMs: 10_000 })
    .catch((error: unknown) => error);
  await soon(
    () => upstream.seen.length > 0,
    `a call to the server of ${recording.ask.operation}`,
    () => "none",
    10_000,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  const ms = await timeOf(running);
  const { operation } = recording.ask;
  promise(ms < LIMIT_MS, `${operation} to end within ${LIMIT_MS} ms of its signal, ${when}`, "no end");
  await soon(
    () => upstream.seen[0]?.socket.destroyed === true,
    `the connection of ${operation} to be closed after its signal, ${when}`,
    () => "an open connection",
  );
}

async function timeOf(running: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await Promise.race([running, new Promise((resolve) => setTimeout(resolve, LIMIT_MS))]);
  return performance.now() - began;
}

/** Without a server it must have a model that waits by itself. */
async function stopsAlone(kit: Kit): Promise<void> {
  const { stall } = kit.subject.conformance.models;
  if (stall === undefined) throw new Unsupported("It calls no server and names no model that stalls.");
  const [{ ask }] = kit.good("complete", true);
  const controller = new AbortController();
  const running = runCall(
    await kit.provider(),
    { ...ask, model: stall },
    { signal: controller.signal, limitMs: 10_000 },
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  const ms = await timeOf(running.catch(() => {}));
  promise(ms < LIMIT_MS, `the model ${stall} to end within ${LIMIT_MS} ms of its signal`, "no end");
}
