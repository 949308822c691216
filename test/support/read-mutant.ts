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
import type { Told } from "./answer-mutants.js";

/** What a caller gets of an answer: undefined where it gets an error of the table. Throws for any other error. */
export function readPieces(dialect: TargetDialect, pieces: readonly Told[], streamed: boolean): Completion | undefined {
  try {
    const completion = streamed
      ? readStream(
          dialect,
          pieces.map(({ event, payload }) => ({ event, data: JSON.stringify(payload) })),
        )
      : dialect.decodeResponse(JSON.stringify(pieces[0]?.payload));
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
]);

/** Members that hold the arguments of a call, or a piece of them. */
const CALLS: ReadonlySet<string> = new Set(["arguments", "input", "args"]);

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

const PROSE: ReadonlySet<string> = new Set(["text", "reasoning", "refusal"]);

/** Characters of texts and arguments that a caller is told, and of what only one dialect has. */
export function sizesOf({ choices }: Completion): { told: number; opaque: number } {
  const sizes = { told: 0, opaque: 0 };
  for (const { kind } of choices.flatMap(({ message }) => message?.parts ?? [])) {
    if (kind.case === "opaque") sizes.opaque += JSON.stringify(kind.value.value ?? {}).length;
    else if (kind.case === "toolCall") sizes.told += kind.value.arguments.length;
    else if (kind.case !== undefined && PROSE.has(kind.case))
      sizes.told += (kind.value as { text: string }).text.length;
  }
  return sizes;
}

/** Prose of one kind is the same in one part as in several. */
function joined(parts: readonly string[][]): string[][] {
  const out: string[][] = [];
  for (const [kind = "", text = ""] of parts) {
    if (PROSE.has(kind) && text === "") continue;
    const last = out.at(-1);
    if (last?.[0] === kind && PROSE.has(kind)) last[1] += text;
    else out.push([kind, text]);
  }
  return out;
}
