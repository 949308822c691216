import { pathToFileURL } from "node:url";
import { type Check, promise, Unsupported } from "../check.js";
import { runChild } from "../run-child.js";

const CODE = `
const names = () => JSON.stringify([Object.keys(globalThis), process.eventNames().map(String), Object.keys(process.env)]);
const before = names();
await import(input.entry);
if (names() !== before) tell("it changed globals, the environment, or who listens to the process");
`;

export const importSilent: Check = {
  name: "import-silent",
  promise: "To import it does nothing: no output, no changed globals, nothing left running.",
  async run({ subject: { entry, nodeArguments } }) {
    if (entry === undefined) throw new Unsupported("It has no module here that could be imported.");
    const { code, output, told } = await runChild(CODE, { entry: pathToFileURL(entry).href }, 20_000, nodeArguments);
    promise(code !== undefined, "a process that only imports it to end by itself", "no end within 20 seconds");
    promise(code === 0, "an import without an error", output.trim().slice(0, 500));
    promise(output === "", "no output", `"${output.trim().slice(0, 200)}"`);
    promise(told === "", "an import that leaves no trace", told);
  },
};
