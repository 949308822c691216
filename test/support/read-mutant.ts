import { toBinary, toJson } from "@bufbuild/protobuf";
import {
  ChunkOrder,
  ChunkSchema,
  type Chunk,
  type Completion,
  CompletionSchema,
  Fold,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type SseEvent,
  type TargetDialect,
} from "../../src/sdk/index.js";
import type { Payloads } from "./answer-mutants.js";

/** How an answer's payloads lie on the wire. */
export interface WireForm {
  readonly dialect: TargetDialect;
  /** Names of a stream's events, one for each payload; absent for an answer that is whole. */
  readonly events?: readonly string[] | undefined;
}

/** What a caller gets of an answer: undefined where it gets an error of the table. Throws for any other error. */
export function readPayloads({ dialect, events }: WireForm, payloads: Payloads): Completion | undefined {
  try {
    const completion =
      events === undefined
        ? dialect.decodeResponse(JSON.stringify(payloads[0]))
        : readStream(
            dialect,
            payloads.map((payload, index) => ({ event: events[index] ?? "", data: JSON.stringify(payload) })),
          );
    // Written as the doors write it: a number that the vocabulary does not hold is told here.
    toBinary(CompletionSchema, completion);
    toJson(CompletionSchema, completion);
    return completion;
  } catch (thrown) {
    if (thrown instanceof ParlanceError) return undefined;
    throw thrown;
  }
}

function readStream(dialect: TargetDialect, events: readonly SseEvent[]): Completion {
  const decoder = dialect.streamDecoder();
  const order = new ChunkOrder();
  const fold = new Fold();
  const out: Chunk[] = [];
  for (const event of events) decoder.decode(event, out);
  decoder.end(out);
  for (const chunk of out) {
    toBinary(ChunkSchema, chunk);
    // An order that is broken is the decoder's own fault, and no word of the provider.
    try {
      order.take(chunk.event);
      fold.push(chunk);
    } catch (thrown) {
      throw new Error(`the decoder tells its chunks out of order: ${(thrown as Error).message}`, { cause: thrown });
    }
  }
  return fold.completion();
}

const WORDS: ReadonlySet<string> = new Set([
  "text",
  "thinking",
  "content",
  "tool_plan",
  "arguments",
  "input",
  "args",
  "reasoning_content",
  "reasoning",
  "refusal",
  "partial_json",
]);

/** Members that hold the arguments of a call, or a piece of them. */
const CALLS: ReadonlySet<string> = new Set(["arguments", "input", "args", "partial_json"]);

/** Members that tell no content, or tell it again. */
const BESIDE: ReadonlySet<string> = new Set(["error", "usage", "logprobs", "logprobsResult", "prompt_filter_results"]);

/** Texts of an answer, and texts in the arguments of its calls, read by nothing of the gateway's. */
export function wordsOf(value: JsonValue, name = ""): string[] {
  if (BESIDE.has(name)) return [];
  if (typeof value === "string") {
    if (!WORDS.has(name) || value.trim() === "") return [];
    return CALLS.has(name) ? (inside(value) ?? [value]) : [value];
  }
  if (Array.isArray(value)) return value.flatMap((item) => wordsOf(item, WORDS.has(name) ? "" : name));
  if (!isObject(value)) return [];
  if (CALLS.has(name)) return textsOf(value);
  return Object.entries(value).flatMap(([key, member]) => wordsOf(member, key));
}

function textsOf(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isObject(value) ? Object.values(value).flatMap(textsOf) : [];
}

/** Every text in what the caller gets, those in arguments too. */
export function toldOf(completion: Completion): string[] {
  const json = toJson(CompletionSchema, completion) as JsonObject;
  return textsOf(json).flatMap((text) => [text, ...(inside(text) ?? [])]);
}

/** The texts in JSON; undefined for what is none. */
function inside(text: string): string[] | undefined {
  try {
    return textsOf(JSON.parse(text) as JsonValue);
  } catch {
    return undefined;
  }
}

/** What a caller acts on: texts, calls, the end, the counts. */
export function gistOf({ choices, usage }: Completion): unknown {
  return {
    choices: choices.map(({ index, message, finish }) => ({
      index,
      reason: finish?.reason,
      parts: joined(
        (message?.parts ?? []).map(({ kind }) => {
          if (kind.case === "text" || kind.case === "reasoning" || kind.case === "refusal") {
            return [kind.case, kind.value.text];
          }
          return kind.case === "toolCall" ? ["call", `${kind.value.name} ${kind.value.arguments}`] : ["other", ""];
        }),
      ),
    })),
    usage: usage && [usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.reasoningTokens],
  };
}

/** Prose of one kind is the same in one part as in several. */
function joined(parts: readonly string[][]): string[][] {
  const out: string[][] = [];
  for (const [kind = "", text = ""] of parts) {
    const last = out.at(-1);
    if (last?.[0] === kind && kind !== "call" && kind !== "other") last[1] += text;
    else out.push([kind, text]);
  }
  return out;
}
