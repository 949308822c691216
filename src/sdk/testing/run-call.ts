import type { Chunk, Completion } from "../../gen/parlance/v1/completion_pb.js";
import type { EmbeddingResult } from "../../gen/parlance/v1/embedding_pb.js";
import { ParlanceError } from "../errors.js";
import { Fold } from "../fold.js";
import type { Provider } from "../provider.js";
import { Broken, promise } from "./verdict.js";
import type { RecordedAsk } from "./recording.js";

/** What came of one call of a provider's method. */
export interface Outcome {
  readonly chunks: readonly Chunk[];
  readonly embeddings: EmbeddingResult | undefined;
  readonly tokens: number | undefined;
  /** What was thrown; undefined when the call ended by itself. */
  readonly error: unknown;
  /** Milliseconds that it took. */
  readonly ms: number;
}

/** How a call is made. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which the call counts as hung. Absent means 20 seconds. */
  readonly limitMs?: number;
  /** Called with every chunk, and waited for: a slow one is a slow reader. `false` leaves the stream. */
  readonly each?: (chunk: Chunk, index: number) => void | boolean | Promise<void | boolean>;
  /** Whether chunks are kept. Absent means yes. */
  readonly keep?: boolean;
}

/** Calls a provider as a recording asks. Throws a `Broken` when the call does not end. */
export async function runCall(provider: Provider, ask: RecordedAsk, options: RunOptions = {}): Promise<Outcome> {
  const { limitMs = 20_000 } = options;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      stop();
      reject(new Broken(`the call to end within ${limitMs / 1000} seconds`, "no end"));
    }, limitMs);
  });
  try {
    const outcome = await Promise.race([late, collect(provider, ask, controller.signal, options)]);
    return { ...outcome, ms: performance.now() - began };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", stop);
  }
}

let calls = 0;

async function collect(
  provider: Provider,
  ask: RecordedAsk,
  signal: AbortSignal,
  { each, keep = true }: RunOptions,
): Promise<Omit<Outcome, "ms">> {
  const chunks: Chunk[] = [];
  calls += 1;
  const stream = ask.operation === "complete" && ask.stream;
  const call = { model: ask.model, signal, requestId: `conformance-${calls}`, stream };
  let embeddings: EmbeddingResult | undefined;
  let tokens: number | undefined;
  try {
    if (ask.operation === "embed") embeddings = await methodOf(provider, "embed")(ask.embedding, call);
    else if (ask.operation === "count_tokens") tokens = await methodOf(provider, "countTokens")(ask.chat, call);
    else {
      let index = 0;
      for await (const chunk of methodOf(provider, "complete")(ask.chat, call)) {
        if (keep) chunks.push(chunk);
        if ((await each?.(chunk, index)) === false) break;
        index += 1;
      }
    }
  } catch (error) {
    return { chunks, embeddings, tokens, error: error ?? new Error(`it threw ${String(error)}`) };
  }
  return { chunks, embeddings, tokens, error: undefined };
}

function methodOf<K extends "complete" | "embed" | "countTokens">(
  provider: Provider,
  name: K,
): NonNullable<Provider[K]> {
  const method = provider[name];
  if (method === undefined) throw new Broken(`the provider to have a way to ${name}, as its manifest says`, "none");
  return method.bind(provider) as NonNullable<Provider[K]>;
}

/** The answer that the chunks add up to, as far as they do. */
export function completionOf({ chunks }: Outcome): Completion {
  const fold = new Fold();
  for (const chunk of chunks) fold.push(chunk);
  return fold.completion();
}

/** Text of the first choice. */
export function textOf(outcome: Outcome): string {
  const parts = completionOf(outcome).choices[0]?.message?.parts ?? [];
  return parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("");
}

/** Throws a `Broken` unless the call ended well. */
export function succeeded(outcome: Outcome, when: string): void {
  promise(outcome.error === undefined, `an answer ${when}`, told(outcome.error));
}

/**
 * The error that a call ended with, which must be one of the table, and not the gateway's own fault. Throws a `Broken`
 * where there is none.
 */
export function errorOf(outcome: Outcome, when: string): ParlanceError {
  const { error } = outcome;
  promise(error !== undefined, `an error ${when}`, `an answer with ${outcome.chunks.length} chunks`);
  promise(ParlanceError.is(error), `a ParlanceError ${when}`, told(error));
  promise(error.code !== "internal", `an error that says whose fault it is, ${when}`, told(error));
  return error;
}

/** An error in words. */
export function told(error: unknown): string {
  if (ParlanceError.is(error)) return `the error ${error.code} ("${error.message}")`;
  return error instanceof Error ? `a bare ${error.name} ("${error.message}")` : `"${String(error)}"`;
}
