import { chunks } from "@parlance/sdk";
import { acme } from "./acme.js";

let pending = "";

/** Collects the text of a piece where every call can write to it. */
export default acme({
  async *pass(answer) {
    for await (const chunk of answer) {
      if (chunk.event.case !== "textDelta") {
        yield chunk;
        continue;
      }
      pending += chunk.event.value.text;
      await new Promise((resolve) => setImmediate(resolve));
      const text = pending;
      pending = "";
      yield chunks.textDelta(0, 0, text);
    }
  },
});
