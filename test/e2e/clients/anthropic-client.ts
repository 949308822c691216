import Anthropic from "@anthropic-ai/sdk";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/index.js";
import { ChatRequestSchema, create, Losses } from "../../../src/sdk/index.js";
import { type Call, type Canonical, type CanonicalError, type Client, compact } from "./canonical.js";

const FINISH: Record<string, string> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** The vendor's own SDK at the door for it. Calls are spelled by the gateway's own codec. */
export function anthropicClient(url: string): Client {
  const client = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
  return {
    name: "Anthropic SDK",
    async complete(model, call) {
      try {
        return canonical(await client.messages.create(spell(model, call)));
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
    },
    async stream(model, call) {
      let said = "";
      try {
        // The helper throws on a wrong order of events.
        const stream = client.messages.stream(spell(model, call)).on("text", (text) => {
          said += text;
        });
        return canonical(await stream.finalMessage());
      } catch (thrown) {
        throw toCanonicalError(thrown, said);
      }
    },
    close() {},
  };
}

function spell(model: string, { chat }: Call): Anthropic.MessageCreateParamsNonStreaming {
  const request = create(ChatRequestSchema, { ...chat, model });
  const target = { model, stream: false, traits: {}, losses: new Losses() };
  return JSON.parse(anthropicMessages.encodeRequest(request, target)) as Anthropic.MessageCreateParamsNonStreaming;
}

function canonical(message: Anthropic.Message): Canonical {
  const join = (pick: (block: Anthropic.ContentBlock) => string): string => message.content.map(pick).join("");
  return {
    text: join((block) => (block.type === "text" ? block.text : "")),
    reasoning: join((block) => (block.type === "thinking" ? block.thinking : "")),
    // The wire has no place for it: a refusal is told in plain text, and by the stop reason.
    refusal: "",
    toolCalls: message.content.flatMap((block) =>
      block.type === "tool_use"
        ? [{ id: block.id, name: block.name, arguments: compact(JSON.stringify(block.input)) }]
        : [],
    ),
    finish: FINISH[message.stop_reason ?? ""] ?? String(message.stop_reason),
    inputTokens: message.usage.input_tokens,
    outputTokens: message.usage.output_tokens,
  };
}

function toCanonicalError(thrown: unknown, said?: string): CanonicalError {
  if (!(thrown instanceof Anthropic.APIError)) throw thrown;
  const retryAfter = (thrown.headers as Headers | undefined)?.get("retry-after");
  const body = thrown.error as { request_id?: string; error?: { details?: { field?: string } } } | undefined;
  if (body?.request_id !== undefined && thrown.requestID !== body.request_id) {
    throw new Error(`the header says ${thrown.requestID}, the body ${body.request_id}`);
  }
  return {
    status: (thrown.status as number | undefined) ?? 0,
    className: thrown.constructor.name,
    code: thrown.type ?? undefined,
    field: body?.error?.details?.field,
    retryAfterSeconds: retryAfter == null ? undefined : Number(retryAfter),
    message: thrown.message,
    said,
  };
}
