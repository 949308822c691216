import { ApiError, type GenerateContentParameters, type GenerateContentResponse, GoogleGenAI } from "@google/genai";
import { gemini } from "../../../src/dialects/gemini-generate/index.js";
import { ChatRequestSchema, create, Losses } from "../../../src/sdk/index.js";
import { type Call, type Canonical, type CanonicalError, type Client, compact } from "./canonical.js";

const FINISH: Record<string, string> = { STOP: "stop", MAX_TOKENS: "length", SAFETY: "content_filter" };

/** Google's own SDK at the door for it, with nothing but the address changed. */
export function googleSdk(url: string): GoogleGenAI {
  return new GoogleGenAI({ apiKey: "caller-key", httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } });
}

/** The vendor's own SDK at the door for it. Calls are spelled by the gateway's own codec. */
export function googleClient(url: string): Client {
  const client = googleSdk(url);
  return {
    name: "Google SDK",
    async complete(model, call) {
      try {
        return canonical([await client.models.generateContent(spell(model, call))]);
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
    },
    async stream(model, call) {
      try {
        const events: GenerateContentResponse[] = [];
        for await (const event of await client.models.generateContentStream(spell(model, call))) events.push(event);
        return canonical(events);
      } catch (thrown) {
        throw toCanonicalError(thrown);
      }
    },
    close() {},
  };
}

function spell(model: string, { chat }: Call): GenerateContentParameters {
  const request = create(ChatRequestSchema, { ...chat, model });
  const target = { model, stream: false, traits: {}, losses: new Losses() };
  const { contents, generationConfig, ...config } = JSON.parse(gemini.encodeRequest(request, target)) as {
    contents: GenerateContentParameters["contents"];
    generationConfig?: object;
  };
  return { model, contents, config: { ...generationConfig, ...config } };
}

function canonical(events: readonly GenerateContentResponse[]): Canonical {
  const parts = events.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  const join = (thought: boolean): string =>
    parts.map((part) => ((part.thought ?? false) === thought ? (part.text ?? "") : "")).join("");
  const toolCalls = parts.flatMap(({ functionCall: call }) =>
    call === undefined
      ? []
      : [{ id: call.id ?? "", name: call.name ?? "", arguments: compact(JSON.stringify(call.args ?? {})) }],
  );
  const finish = events.flatMap(({ candidates }) => candidates?.[0]?.finishReason ?? []);
  if (finish.length !== 1) throw new Error(`the answer ended ${finish.length} times`);
  const usage = events.at(-1)?.usageMetadata;
  const word = FINISH[finish[0] ?? ""] ?? String(finish[0]);
  return {
    text: join(false),
    reasoning: join(true),
    // The wire has no place for it: a refusal is told in plain text.
    refusal: "",
    toolCalls,
    // That tools are called only the content says.
    finish: word === "stop" && toolCalls.length > 0 ? "tool_calls" : word,
    inputTokens: usage?.promptTokenCount,
    outputTokens: usage === undefined ? undefined : (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
  };
}

interface Told {
  readonly error: {
    readonly code: number;
    readonly status: string;
    readonly message: string;
    readonly details?: readonly {
      readonly "@type": string;
      readonly retryDelay?: string;
      readonly fieldViolations?: readonly { readonly field: string }[];
    }[];
  };
}

function toCanonicalError(thrown: unknown): CanonicalError {
  if (!(thrown instanceof ApiError)) throw thrown;
  // The class keeps the body as text, after the status where an event of a stream told it.
  const { error } = JSON.parse(thrown.message.slice(thrown.message.indexOf("{"))) as Told;
  const detail = (name: string) =>
    error.details?.find((one) => one["@type"] === `type.googleapis.com/google.rpc.${name}`);
  const delay = detail("RetryInfo")?.retryDelay;
  if (error.code !== thrown.status) throw new Error(`the status is ${thrown.status}, the body says ${error.code}`);
  return {
    status: thrown.status,
    className: thrown.constructor.name,
    code: error.status,
    field: detail("BadRequest")?.fieldViolations?.[0]?.field,
    retryAfterSeconds: delay === undefined ? undefined : Number.parseFloat(delay),
    message: error.message,
  };
}
