import type { Recording } from "../recordings.js";
import type { Answer } from "./recorded-chat.js";

/**
 * What recorded messages of Anthropic's say, read without any of the gateway's own code.
 * @module
 */

interface Block {
  readonly type?: string;
  readonly text?: string;
  readonly name?: string;
  readonly input?: unknown;
}

interface Usage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
}

interface Message {
  readonly content?: readonly Block[];
  readonly stop_reason?: string | null;
  readonly usage?: Usage;
}

interface StreamEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: Message;
  readonly content_block?: Block;
  readonly delta?: { readonly text?: string; readonly partial_json?: string; readonly stop_reason?: string | null };
  readonly usage?: Usage;
}

/** The answer of a whole message. */
export function messageAnswer({ response }: Recording): Answer {
  const { content = [], stop_reason: stop, usage } = response.body as unknown as Message;
  return {
    text: content.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join(""),
    calls: content.flatMap((block) =>
      block.type === "tool_use" ? [{ name: block.name ?? "", arguments: JSON.stringify(block.input) }] : [],
    ),
    finish: finishOf(stop),
    usage: usageOf(usage ?? {}),
  };
}

/** The answer that a stream adds up to. */
export function streamedMessage({ response }: Recording): Answer {
  let text = "";
  let stop: string | null | undefined;
  let usage: Usage = {};
  const calls = new Map<number, { name: string; arguments: string }>();
  const events = (response.sse as string)
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => JSON.parse(line.slice(5)) as StreamEvent);
  for (const { type, index = 0, message, content_block: block, delta, usage: counted } of events) {
    if (type === "message_start") usage = { ...message?.usage };
    if (type === "content_block_start" && block?.type === "tool_use") {
      calls.set(index, { name: block.name ?? "", arguments: "" });
    }
    if (type === "content_block_start" && block?.type === "text") text += block.text ?? "";
    text += delta?.text ?? "";
    const call = calls.get(index);
    if (call !== undefined && type === "content_block_delta") call.arguments += delta?.partial_json ?? "";
    if (type === "message_delta") {
      stop = delta?.stop_reason ?? stop;
      usage = { ...usage, ...counted };
    }
  }
  return { text, calls: [...calls.values()], finish: finishOf(stop), usage: usageOf(usage) };
}

function finishOf(stop: string | null | undefined): string {
  return stop === "max_tokens" ? "length" : (stop ?? "");
}

/** As OpenAI counts: what was read from a cache, or written to it, is part of the prompt. */
function usageOf({ input_tokens: fresh = 0, output_tokens: output = 0, ...cache }: Usage): Answer["usage"] {
  const cached = cache.cache_read_input_tokens ?? 0;
  return {
    prompt_tokens: fresh + cached + (cache.cache_creation_input_tokens ?? 0),
    completion_tokens: output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}
