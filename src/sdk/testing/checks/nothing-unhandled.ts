import { type Check, promise } from "../check.js";
import { told } from "../run-call.js";

export const nothingUnhandled: Check = {
  name: "nothing-unhandled",
  promise: "Through all of it no promise of it is rejected without anybody to hear of it, which would end the gateway.",
  turn: "last",
  async run(kit) {
    // Such a rejection is told a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    const crashes = kit.subject.elsewhere?.crashes ?? [];
    promise(crashes.length === 0, "a plugin that lives through all of it", `its end: ${crashes[0]}`);
    const [first] = kit.unhandled;
    promise(
      kit.unhandled.length === 0,
      "no rejection that nobody handles",
      `${kit.unhandled.length}, such as ${told(first)}`,
    );
  },
};
