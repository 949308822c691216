import type { MessageInitShape } from "@bufbuild/protobuf";
import type OpenAI from "openai";
import type { ChatRequestSchema } from "../../../src/sdk/index.js";

/** An answer in one form, whatever client it came through. */
export interface Canonical {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly toolCalls: readonly { id: string; name: string; arguments: string }[];
  readonly finish: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** An error in one form: the status in the protocol's own words, and what a program can act on. */
export interface CanonicalError {
  /** HTTP status of the REST door, or the gRPC code's number of the RPC doors. */
  readonly status: number;
  /** The SDK's own class, for the REST door. */
  readonly className?: string | undefined;
  readonly code: string | undefined;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly message: string;
  /** Of a stream, the text that came before the error. */
  readonly said?: string | undefined;
}

/** A call as each client spells it. */
export interface Call {
  readonly chat: Omit<MessageInitShape<typeof ChatRequestSchema>, "$typeName">;
  readonly openai: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "model">;
}

/** One of the four clients. Rejects with a `CanonicalError`. */
export interface Client {
  readonly name: string;
  complete(model: string, call: Call): Promise<Canonical>;
  stream(model: string, call: Call): Promise<Canonical>;
  close(): void;
}

/** A completion in the JSON spelling of `parlance.v1`, as far as the table looks at it. */
export interface CompletionJson {
  choices?: { message?: { parts?: PartJson[] }; finish?: { reason?: string } }[];
  usage?: { inputTokens?: number; outputTokens?: number };
}

export interface PartJson {
  text?: { text?: string };
  reasoning?: { text?: string };
  refusal?: { text?: string };
  toolCall?: { id?: string; name?: string; arguments?: string };
}

/** A streamed event in the JSON spelling of `parlance.v1`. */
export interface ChunkJson {
  partStart?: { part?: number; content?: PartJson };
  textDelta?: { part?: number; text?: string };
  reasoningDelta?: { part?: number; text?: string };
  refusalDelta?: { part?: number; text?: string };
  toolCallDelta?: { part?: number; arguments?: string };
  finish?: { finish?: { reason?: string } };
  usage?: { inputTokens?: number; outputTokens?: number };
  completionEnd?: object;
}

export function fromCompletion(completion: CompletionJson): Canonical {
  const choice = completion.choices?.[0];
  return canonical(choice?.message?.parts ?? [], choice?.finish?.reason, completion.usage);
}

/** Adds up a stream, independently of the gateway's own fold. */
export function fromChunks(chunks: readonly ChunkJson[]): Canonical {
  const parts: PartJson[] = [];
  let finish: string | undefined;
  let usage: CompletionJson["usage"];
  let ended = false;
  for (const chunk of chunks) {
    if (ended) throw new Error("a chunk came after completion_end");
    if (chunk.partStart) parts[chunk.partStart.part ?? 0] = structuredClone(chunk.partStart.content ?? {});
    add(parts, chunk.textDelta, (part, delta) => {
      part.text = { text: (part.text?.text ?? "") + (delta.text ?? "") };
    });
    add(parts, chunk.reasoningDelta, (part, delta) => {
      part.reasoning = { ...part.reasoning, text: (part.reasoning?.text ?? "") + (delta.text ?? "") };
    });
    add(parts, chunk.refusalDelta, (part, delta) => {
      part.refusal = { text: (part.refusal?.text ?? "") + (delta.text ?? "") };
    });
    add(parts, chunk.toolCallDelta, (part, delta) => {
      part.toolCall = { ...part.toolCall, arguments: (part.toolCall?.arguments ?? "") + (delta.arguments ?? "") };
    });
    if (chunk.finish) finish = chunk.finish.finish?.reason;
    if (chunk.usage) usage = chunk.usage;
    if (chunk.completionEnd) ended = true;
  }
  if (!ended) throw new Error("the stream ended without completion_end");
  return canonical(parts, finish, usage);
}

/** The text of as much of a stream as came. */
export function textOf(chunks: readonly ChunkJson[]): string {
  return chunks.map(({ textDelta }) => textDelta?.text ?? "").join("");
}

function add<D extends { part?: number }>(
  parts: PartJson[],
  delta: D | undefined,
  apply: (part: PartJson, delta: D) => void,
): void {
  if (delta === undefined) return;
  const part = parts[delta.part ?? 0];
  if (part === undefined) throw new Error(`a delta for part ${delta.part ?? 0}, which has not begun`);
  apply(part, delta);
}

function canonical(parts: readonly PartJson[], reason: string | undefined, usage: CompletionJson["usage"]): Canonical {
  const join = (pick: (part: PartJson) => string | undefined): string => parts.map((part) => pick(part) ?? "").join("");
  return {
    text: join((part) => part.text?.text),
    reasoning: join((part) => part.reasoning?.text),
    refusal: join((part) => part.refusal?.text),
    toolCalls: parts.flatMap(({ toolCall }) =>
      toolCall === undefined
        ? []
        : [{ id: toolCall.id ?? "", name: toolCall.name ?? "", arguments: compact(toolCall.arguments ?? "") }],
    ),
    finish: (reason ?? "").replace("FINISH_REASON_", "").toLowerCase(),
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
  };
}

/** Arguments without their optional spaces: providers re-serialise what a script says. */
export function compact(text: string): string {
  return JSON.stringify(JSON.parse(text === "" ? "{}" : text));
}
