import { acme } from "./acme.js";

/** Finishes twice. */
export default acme({
  async *pass(answer) {
    for await (const chunk of answer) {
      yield chunk;
      if (chunk.event.case === "finish") yield chunk;
    }
  },
});
