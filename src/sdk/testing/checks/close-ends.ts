import { pathToFileURL } from "node:url";
import { answerAs } from "../behaviours.js";
import { type Check, promise, Unsupported } from "../check.js";
import type { Kit } from "../kit.js";
import type { Recording } from "../recording.js";
import { succeeded } from "../run-call.js";
import { runChild } from "../run-child.js";

const CODE = `
const { default: plugin } = await import(input.entry);
const provider = plugin.create(input.settings);
if (provider.complete !== undefined) {
  const signal = new AbortController().signal;
  for await (const _ of provider.complete(input.chat, { model: input.chat.model, signal, requestId: "r", stream: true }));
}
await provider.close?.();
tell("closed");
`;

export const closeEnds: Check = {
  name: "close-ends",
  promise: "After close nothing of it keeps the process alive.",
  async run(kit) {
    const { entry, nodeArguments, conformance, capabilities, place } = kit.subject;
    if (!capabilities.includes("complete")) throw new Unsupported("Its manifest does not promise complete.");
    if (place === "address") throw new Unsupported("Somebody else runs it: it does not end with its providers.");
    if (place === "worker") throw new Unsupported("The gateway ends its thread, whatever still runs in it.");
    const [recording] = kit.good("complete", true);
    if (recording.ask.operation !== "complete") return;
    if (place === "process") return processEnds(kit, recording);
    if (entry === undefined) throw new Unsupported("It has no module here that could be imported.");
    kit.upstream.behave(answerAs(recording.answer));
    const settings = {
      name: "conformance",
      baseUrl: kit.upstream.url,
      apiKey: kit.apiKey,
      settings: conformance.settings,
    };
    const chat: unknown = JSON.parse(JSON.stringify(recording.ask.chat, plainly));
    const input = { entry: pathToFileURL(entry).href, settings, chat };
    const { code, output, told } = await runChild(CODE, input, 15_000, nodeArguments);
    promise(told === "closed", "a call and then close without an error", output.trim().slice(0, 500));
    promise(code === 0, "the process to end by itself after close", "no end within 15 seconds");
  },
};

/** A process that is let go of ends by itself, and need not be killed. */
async function processEnds(kit: Kit, recording: Recording): Promise<void> {
  const end = await kit.subject.elsewhere?.apart?.(kit.settings(), async (provider) => {
    succeeded(await kit.play(recording, undefined, { provider }), `to the recording "${recording.name}"`);
  });
  promise(end?.gone === true, "no process after close", "one that still runs");
  promise(!end.killed, "the process to end by itself after close", "one that had to be killed");
}

function plainly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
