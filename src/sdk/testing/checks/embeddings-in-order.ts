import { type Check, promise } from "../check.js";
import { succeeded } from "../run-call.js";

export const embeddingsInOrder: Check = {
  name: "embeddings-in-order",
  promise: "There is one vector for every input, in the order of the inputs.",
  async run(kit) {
    for (const recording of kit.good("embed")) {
      if (recording.ask.operation !== "embed") continue;
      const outcome = await kit.play(recording);
      const of = `of the recording "${recording.name}"`;
      succeeded(outcome, of);
      const embeddings = outcome.embeddings?.embeddings ?? [];
      const { length } = recording.ask.embedding.inputs;
      promise(embeddings.length === length, `${length} vectors for the inputs ${of}`, `${embeddings.length}`);
      embeddings.forEach(({ index, vector }, at) => {
        promise(index === at, `the vector of input ${at} at its place ${of}`, `the vector of input ${index}`);
        const wanted = recording.expect.vectors?.[at];
        const same = wanted === undefined || wanted.every((value, i) => Math.abs(value - (vector[i] ?? NaN)) < 1e-6);
        promise(
          same && vector.length > 0,
          `the vector ${JSON.stringify(wanted)?.slice(0, 80) ?? "of any length"} ${of}`,
          JSON.stringify(vector).slice(0, 80),
        );
      });
      const { usage } = recording.expect;
      const tokens = outcome.embeddings?.usage?.inputTokens;
      promise(
        usage?.input_tokens === undefined || usage.input_tokens === tokens,
        `${usage?.input_tokens} tokens ${of}`,
        `${tokens}`,
      );
    }
  },
};
