import OpenAI from "openai";
import type { Call, Canonical, CanonicalError, Client } from "./canonical.js";
import { compact } from "./canonical.js";

type Message = {
  content?: string | null;
  refusal?: string | null;
  tool_calls?: ToolCall[];
  reasoning_content?: string;
};
type ToolCall = { id?: string; function?: { name?: string; arguments?: string } };

/** The vendor's own SDK at the REST door. */
export function openAiClient(url: string): Client {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
  return {
    name: "openai SDK",
    async complete(model, call) {
      try {
        const answer = await client.chat.completions.create({ ...call.openai, model });
        const [choice] = answer.choices;
        return canonical(choice?.message, choice?.finish_reason, answer.usage);
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
    },
    async stream(model, call) {
      const heard = { text: "", reasoning: "" };
      try {
        return await streamed(client, model, call, heard);
      } catch (thrown) {
        throw toCanonicalError(thrown, heard.text);
      }
    },
    close() {},
  };
}

async function streamed(
  client: OpenAI,
  model: string,
  call: Call,
  heard: { text: string; reasoning: string },
): Promise<Canonical> {
  // The helper is the strictest reader of streams that the vendor ships: it throws on a wrong order of events.
  const stream = client.chat.completions.stream({
    ...call.openai,
    model,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined;
    heard.text += delta?.content ?? "";
    heard.reasoning += delta?.reasoning_content ?? "";
  }
  const answer = await stream.finalChatCompletion();
  const [choice] = answer.choices;
  return canonical(
    { ...(choice?.message as Message), reasoning_content: heard.reasoning },
    choice?.finish_reason,
    answer.usage,
  );
}

function canonical(
  message: Message | undefined,
  finish: string | undefined,
  usage: OpenAI.CompletionUsage | undefined,
): Canonical {
  return {
    text: message?.content ?? "",
    reasoning: message?.reasoning_content ?? "",
    refusal: message?.refusal ?? "",
    toolCalls: (message?.tool_calls ?? []).map((call) => ({
      id: call.id ?? "",
      name: call.function?.name ?? "",
      arguments: compact(call.function?.arguments ?? ""),
    })),
    finish: finish ?? "",
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
  };
}

function toCanonicalError(thrown: unknown, said?: string): CanonicalError {
  if (!(thrown instanceof OpenAI.APIError)) throw thrown;
  const retryAfter = thrown.headers?.get("retry-after");
  return {
    status: thrown.status ?? 0,
    className: thrown.constructor.name,
    code: thrown.code ?? undefined,
    field: thrown.param ?? undefined,
    retryAfterSeconds: retryAfter == null ? undefined : Number(retryAfter),
    message: thrown.message,
    said,
  };
}
