import { pathToFileURL } from "node:url";
import { answerAs } from "../behaviours.js";
import { type Check, promise, Unsupported } from "../check.js";
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
    const { entry, nodeArguments, conformance, capabilities } = kit.subject;
    if (entry === undefined) throw new Unsupported("It has no module that runs in the gateway.");
    if (!capabilities.includes("complete")) throw new Unsupported("Its manifest does not promise complete.");
    const [recording] = kit.good("complete", true);
    if (recording.ask.operation !== "complete") return;
    kit.upstream.behave(answerAs(recording.answer));
    const settings = {
      name: "conformance",
      baseUrl: kit.upstream.url,
      apiKey: kit.apiKey,
      settings: conformance.settings,
    };
    const chat: unknown = JSON.parse(JSON.stringify(recording.ask.chat, plainly));
    const input = { entry: pathToFileURL(entry).href, settings, chat };
    const { code, output, told } = await runChild(CODE, input, 8000, nodeArguments);
    promise(told === "closed", "a call and then close without an error", output.trim().slice(0, 500));
    promise(code === 0, "the process to end by itself after close", "no end within 8 seconds");
  },
};

function plainly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
