import OpenAI from "openai";

/** A speaker of OpenAI's REST dialect: the vendor's own SDK, with nothing changed but `baseURL`. */
export function openAiSpeaker(baseURL, model) {
  const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  const request = (messages) => ({ model, messages, temperature: 0, max_tokens: 48 });
  return {
    async stream(messages) {
      const began = performance.now();
      const told = { text: "", pieces: 0, finish: undefined, usage: undefined, firstMs: undefined, totalMs: 0 };
      const stream = await client.chat.completions.create({
        ...request(messages),
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const chunk of stream) {
        const choice = chunk.choices[0];
        const piece = choice?.delta?.content ?? "";
        if (piece !== "") {
          told.firstMs ??= performance.now() - began;
          told.pieces += 1;
          told.text += piece;
        }
        if (choice?.finish_reason) told.finish = choice.finish_reason;
        if (chunk.usage) told.usage = { input: chunk.usage.prompt_tokens, output: chunk.usage.completion_tokens };
      }
      told.totalMs = performance.now() - began;
      return told;
    },
    async complete(messages) {
      const { choices, usage } = await client.chat.completions.create(request(messages));
      return {
        text: choices[0]?.message.content ?? "",
        finish: choices[0]?.finish_reason,
        usage: { input: usage?.prompt_tokens, output: usage?.completion_tokens },
      };
    },
    close() {},
  };
}
