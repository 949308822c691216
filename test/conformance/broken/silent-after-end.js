import { chunks } from "@parlance/sdk";
import { acme } from "./acme.js";

/** Has something to add after the end. */
export default acme({
  async *pass(answer) {
    yield* answer;
    yield chunks.textDelta(0, 0, "");
  },
});
