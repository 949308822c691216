import { type Check, promise } from "../check.js";

export const createMakesNoCall: Check = {
  name: "create-makes-no-call",
  promise: "To make a provider is quick and calls nobody.",
  async run(kit) {
    kit.upstream.behave((response) => void response.writeHead(200).end("{}"));
    const began = performance.now();
    await kit.make();
    const ms = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const [call] = kit.upstream.seen;
    promise(call === undefined, "no call before a method is called", `${call?.method} ${call?.path}`);
    promise(ms < 2000, "a provider within 2 seconds", `${Math.round(ms)} ms`);
  },
};
