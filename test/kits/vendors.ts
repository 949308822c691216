import { anthropicAnswer, anthropicStream } from "./anthropic-wire.js";
import { startTestGateway } from "./gateway.js";
import { geminiAnswer, geminiStream } from "./gemini-wire.js";
import { openAiAnswer, openAiStream } from "./openai-wire.js";
import type { Script } from "./script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "./upstream.js";

/** A provider's dialect: how it says a script, and how it fails. */
export interface Vendor {
  readonly name: "openai" | "anthropic" | "gemini";
  /** A model that the gateway of `startVendors` finds at this provider. */
  readonly model: string;
  whole(script: Script): unknown;
  stream(script: Script): string;
  /** The body of a refusal with this status: `slow down` for 429, `no such thing` for 400. */
  refusal(status: 400 | 429): unknown;
  /** The event of a failure within a stream, which says `boom`. */
  readonly failure: string;
}

const WORDS = { 400: "no such thing", 429: "slow down" } as const;

/** Every dialect that a provider of the tests speaks. */
export const vendors: readonly Vendor[] = [
  {
    name: "openai",
    model: "up/any",
    whole: openAiAnswer,
    stream: openAiStream,
    refusal: (status) => ({
      error: {
        message: WORDS[status],
        type: status === 429 ? "requests" : "invalid_request_error",
        param: null,
        code: status === 429 ? "rate_limit_exceeded" : null,
      },
    }),
    failure: 'data: {"error":{"message":"boom","type":"server_error"}}\n\n',
  },
  {
    name: "anthropic",
    model: "claude/claude-sonnet-4-5",
    whole: anthropicAnswer,
    stream: anthropicStream,
    refusal: (status) => ({
      type: "error",
      error: { type: status === 429 ? "rate_limit_error" : "invalid_request_error", message: WORDS[status] },
    }),
    failure: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"boom"}}\n\n',
  },
  {
    name: "gemini",
    model: "google/gemini-3-flash-preview",
    whole: geminiAnswer,
    stream: geminiStream,
    refusal: (status) => ({
      error: {
        code: status,
        message: WORDS[status],
        status: status === 429 ? "RESOURCE_EXHAUSTED" : "INVALID_ARGUMENT",
      },
    }),
    failure: 'data: {"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}\r\n\r\n',
  },
];

/** A gateway before one upstream that can speak as any vendor. */
export interface VendorWorld {
  /** Of the gateway, without a path. */
  readonly url: string;
  readonly upstream: TestUpstream;
  /** What the upstream was asked last. */
  asked(): Record<string, unknown>;
  /** The upstream says these scripts, one for each request from now on, and the last one ever after. */
  say(vendor: Vendor, ...scripts: readonly Script[]): void;
  /** The upstream answers every request with this. */
  behave(behaviour: Behaviour): void;
  /** The upstream begins a stream, or nothing if there is no text, and then is silent. Resolves once it is hung up on. */
  hang(text?: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts both on free ports. */
export async function startVendors(): Promise<VendorWorld> {
  const upstream = await startUpstream();
  const gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: k }
`);
  return {
    url: gateway.url,
    upstream,
    asked: () => upstream.seen.at(-1)?.json() ?? {},
    say(vendor, ...scripts) {
      const before = upstream.seen.length;
      upstream.behave((request, response) => {
        const turn = Math.min(upstream.seen.length - before, scripts.length) - 1;
        const script = scripts[turn] as Script;
        const streamed = request.path.includes("streamGenerateContent") || request.json().stream === true;
        const behaviour = streamed ? answerSse(vendor.stream(script), [40, 3]) : answerJson(vendor.whole(script));
        return behaviour(request, response);
      });
    },
    behave: upstream.behave,
    hang: (text) =>
      new Promise((resolve) => {
        upstream.behave((_request, response) => {
          response.once("close", resolve);
          if (text === undefined) return;
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(text);
        });
      }),
    async close() {
      await gateway.stop();
      await upstream.close();
    },
  };
}

/** The events of a stream before the one that says this word. */
export function until(stream: string, word: string): string {
  const half = stream.slice(0, stream.indexOf(word));
  return half.slice(0, Math.max(half.lastIndexOf("\n\n") + 2, half.lastIndexOf("\r\n\r\n") + 4));
}

/** What a client throws, or rejects with. Fails if it does not. */
export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("it ended well");
}

/** Two calls with words before them, and then an answer: a conversation with tools in two steps. */
export const callsThenWords: readonly [Script, Script] = [
  {
    text: "Looking it up.",
    toolCalls: [
      { id: "call_a", name: "get_weather", arguments: '{"city":"Oslo"}' },
      { id: "call_b", name: "get_weather", arguments: '{"city":"Rome"}' },
    ],
    finish: "tool_calls",
    inputTokens: 64,
    outputTokens: 40,
  },
  { text: "Oslo is colder.", finish: "stop", inputTokens: 90, outputTokens: 5 },
];
export const plainWords: Script = { text: "one two three", finish: "stop", inputTokens: 5, outputTokens: 3 };
