import { type Check, promise, Unsupported } from "../check.js";
import { provoke } from "./secret-canary.js";

export const outputCanary: Check = {
  name: "output-canary",
  promise: "Its credential is in no line that it prints.",
  turn: "last",
  async run(kit) {
    const { elsewhere } = kit.subject;
    if (elsewhere === undefined) {
      await provoke(kit, undefined, () => {});
      return hidden(kit.output(), kit.apiKey);
    }
    if (elsewhere.apart === undefined) throw new Unsupported("Somebody else runs it, and reads what it prints.");
    // Once it has ended, all that it printed has been read.
    await elsewhere.apart(kit.settings(), (provider) => provoke(kit, provider, () => {}));
    hidden(elsewhere.printed?.join("\n") ?? "", kit.apiKey);
    const [unread] = elsewhere.unread ?? [];
    promise(unread === undefined, "no more output than the gateway reads", unread ?? "");
  },
};

function hidden(output: string, apiKey: string): void {
  promise(!output.includes(apiKey), "no output that holds the credential", "a line with it");
}
