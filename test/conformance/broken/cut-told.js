import { acme } from "./acme.js";

/** Takes what came before a cut for the whole answer. */
export default acme({
  async *lines(answer) {
    const { STEPS } = await import("./acme.js");
    let some = false;
    try {
      for await (const line of STEPS.lines(answer)) {
        some = true;
        yield line;
      }
    } catch (error) {
      if (error.code !== "stream_truncated" || !some) throw error;
    }
    if (some) yield { event: "", data: '{"done":"end"}' };
  },
});
