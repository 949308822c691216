// A provider that does what its model is called, and misbehaves in every way that a plugin can.
import { chunks, create, definePlugin, EmbeddingResultSchema, ParlanceError, UsageSchema } from "@parlance/sdk";

export default definePlugin({
  create({ name, apiKey, settings }) {
    if (settings.refuse)
      throw new ParlanceError("invalid_request", "It is to be refused.", { field: "settings.refuse" });
    return {
      models: [{ name: "talk", operations: ["complete"] }],
      complete: (_chat, call) => moods[call.model]({ name, apiKey, greeting: settings.greeting ?? "Hello", ...call }),
      embed: async ({ inputs }) =>
        create(EmbeddingResultSchema, {
          embeddings: inputs.map((_, index) => ({ index, vector: [1, 2, 3] })),
        }),
      countTokens: async () => 42,
    };
  },
});

const moods = {
  talk: ({ greeting }) => say([greeting, ", ", "world"]),
  many: () => say(Array.from({ length: 200 }, (_, index) => `word${index} `)),
  variables: () => say([Object.keys(process.env).sort().join(" ")]),
  async *print({ apiKey }) {
    console.log(`the key is ${apiKey}`);
    console.error("and an error");
    yield* say(["printed"]);
  },
  async *loop() {
    for (;;);
  },
  async *exit() {
    process.exit(7);
  },
  async *tell({ apiKey }) {
    process.stderr.write(`I die of ${apiKey}\n`, () => process.exit(8));
    await new Promise(() => {});
  },
  async *bomb() {
    const held = [];
    for (;;) {
      held.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  async *buffers() {
    const held = [];
    for (;;) {
      held.push(Buffer.alloc(4 * 1024 * 1024, 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },
  async *refuse() {
    throw new ParlanceError("provider_rate_limited", "Too fast.", { retryAfterMs: 1500, providerStatus: 429 });
  },
  async *throw() {
    throw new TypeError("something private");
  },
  async *silent({ signal }) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  },
  async *pings() {
    yield chunks.completionStart({ id: "1", model: "pings" });
    for (;;) yield chunks.usage(create(UsageSchema, { inputTokens: 1 }));
  },
  async *afterEnd() {
    yield* say(["done"]);
    yield chunks.textDelta(0, 0, "more");
  },
  async *disorder() {
    yield chunks.textDelta(0, 0, "first");
  },
  async *cut() {
    yield chunks.completionStart({ id: "1", model: "cut" });
  },
  async *reject({ apiKey }) {
    void Promise.reject(new Error(`nobody waits for this with ${apiKey}`));
    setTimeout(() => {
      throw new Error("nobody catches this");
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield* say(["unharmed"]);
  },
};

async function* say(words) {
  yield chunks.completionStart({ id: "moody-1", model: "talk" });
  yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
  for (const word of words) yield chunks.textDelta(0, 0, word);
  yield chunks.partEnd(0, 0);
  yield chunks.finish(0, { reason: 1 });
  yield chunks.usage(create(UsageSchema, { inputTokens: 3, outputTokens: 2 }));
  yield chunks.completionEnd({});
}
