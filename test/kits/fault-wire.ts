import { anthropicAnswer, anthropicStream } from "./anthropic-wire.js";
import { openAiAnswer, openAiStream } from "./openai-wire.js";
import { responsesAnswer, responsesStream } from "./responses-wire.js";
import type { Script } from "./script.js";

/** What a provider says of a refusal, whichever its dialect. */
export interface Words {
  readonly message: string;
  /** The kind of error, in the words of OpenAI and of Anthropic. */
  readonly type: readonly [openai: string, anthropic: string];
  readonly code?: string;
}

/** A dialect that a faulty provider speaks. */
export interface FaultWire {
  readonly name: "openai-chat" | "openai-responses" | "anthropic-messages";
  whole(script: Script): unknown;
  /** The events of a stream, each with its blank line. */
  events(script: Script): string[];
  /** A refusal as the body of an answer. */
  refusal(words: Words): unknown;
  /** A refusal as an event of a stream that has begun. */
  failure(words: Words): string;
  /** Whether an event is the first of those that tell how the answer ended. */
  ends(event: string): boolean;
  /** An event that tells nothing, as servers send while they think. */
  readonly idle: string;
  /** An event of an answer's text. */
  delta(text: string): string;
  /** A whole answer that does not tell how it ended. */
  unfinished(script: Script): unknown;
}

const cut = (stream: string): string[] => stream.split(/(?<=\n\n)/);
const event = (name: string, value: object): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
const openAiRefusal = ({ message, type, code }: Words): object => ({
  error: { message, type: type[0], param: null, code: code ?? null },
});

const chat: FaultWire = {
  name: "openai-chat",
  whole: openAiAnswer,
  events: (script) => cut(openAiStream(script)),
  refusal: openAiRefusal,
  failure: (words) => `data: ${JSON.stringify(openAiRefusal(words))}\n\n`,
  ends: (text) => text.includes('"finish_reason":"'),
  idle: ": PROCESSING\n\n",
  delta: (content) =>
    `data: ${JSON.stringify({ id: "chatcmpl-kit", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`,
  unfinished: (script) => ({ ...(openAiAnswer(script) as object), choices: [] }),
};

const responses: FaultWire = {
  name: "openai-responses",
  whole: responsesAnswer,
  events: (script) => cut(responsesStream(script)),
  refusal: openAiRefusal,
  failure: ({ message, code, type }) =>
    event("error", { type: "error", code: code ?? type[0], message, param: null, sequence_number: 90 }),
  ends: (text) => text.startsWith("event: response.completed"),
  idle: ": PROCESSING\n\n",
  delta: (delta) =>
    event("response.output_text.delta", {
      type: "response.output_text.delta",
      item_id: "msg_kit",
      output_index: 0,
      content_index: 0,
      delta,
      sequence_number: 90,
    }),
  unfinished: (script) => ({ ...responsesAnswer(script), status: undefined, output: undefined }),
};

const messages: FaultWire = {
  name: "anthropic-messages",
  whole: anthropicAnswer,
  events: (script) => cut(anthropicStream(script)),
  refusal: ({ message, type }) => ({ type: "error", error: { type: type[1], message } }),
  failure: (words) => event("error", messages.refusal(words) as object),
  ends: (text) => text.startsWith("event: message_delta"),
  idle: 'event: ping\ndata: {"type":"ping"}\n\n',
  delta: (text) =>
    event("content_block_delta", { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  unfinished: (script) => ({ ...(anthropicAnswer(script) as object), content: [], stop_reason: null }),
};

/** By the end of the path at which each is spoken. */
const BY_PATH: readonly (readonly [string, FaultWire])[] = [
  ["/chat/completions", chat],
  ["/responses", responses],
  ["/messages", messages],
];

/** The dialect that is spoken at a path. */
export function wireAt(path: string): FaultWire {
  const found = BY_PATH.find(([end]) => path.split("?", 1)[0]?.endsWith(end));
  if (found === undefined) throw new Error(`no dialect is spoken at ${path}`);
  return found[1];
}
