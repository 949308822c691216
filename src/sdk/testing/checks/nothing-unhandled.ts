import { type Check, promise } from "../check.js";
import { told } from "../run-call.js";

export const nothingUnhandled: Check = {
  name: "nothing-unhandled",
  promise: "Through all of it no promise of it is rejected without anybody to hear of it, which would end the gateway.",
  async run(kit) {
    // Such a rejection is told a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    const [first] = kit.unhandled;
    promise(
      kit.unhandled.length === 0,
      "no rejection that nobody handles",
      `${kit.unhandled.length}, such as ${told(first)}`,
    );
  },
};
