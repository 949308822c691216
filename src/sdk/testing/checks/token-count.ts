import { type Check, promise } from "../check.js";
import { succeeded } from "../run-call.js";

export const tokenCount: Check = {
  name: "token-count",
  promise: "It tells how many tokens the server counted.",
  async run(kit) {
    for (const recording of kit.good("count_tokens")) {
      const outcome = await kit.play(recording);
      const of = `of the recording "${recording.name}"`;
      succeeded(outcome, of);
      const { tokens } = outcome;
      promise(Number.isInteger(tokens) && (tokens ?? 0) > 0, `a whole number of tokens ${of}`, `${tokens}`);
      const wanted = recording.expect.tokens;
      promise(wanted === undefined || wanted === tokens, `${wanted} tokens ${of}`, `${tokens}`);
    }
  },
};
