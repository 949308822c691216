import OpenAI from "openai";
import { openaiResponses } from "../../src/dialects/openai-responses/index.js";
import {
  type AnswerContext,
  type Chunk,
  type Completion,
  Fold,
  isObject,
  type JsonObject,
  ParlanceError,
  readSse,
  SseSplitter,
  ToolKind,
  writeSse,
} from "../../src/sdk/index.js";

/**
 * Streams of `openai-responses` for its tests: written from events, read to chunks, and read by OpenAI's own client.
 * @module
 */

export const context: AnswerContext = {
  requestId: "req-1",
  model: "asked",
  created: 1,
  includeUsage: false,
  legacyFunctions: false,
};

/** Wire text of some events, numbered. */
export function sseOf(...events: JsonObject[]): string {
  return events
    .map((event, number) => writeSse(JSON.stringify({ sequence_number: number, ...event }), event.type as string))
    .join("");
}

/** An answer as a provider tells it, with what a test adds. */
export function responseOf(more: JsonObject = {}): JsonObject {
  return {
    id: "resp_1",
    object: "response",
    created_at: 7,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "gpt-x",
    output: [],
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 8,
    },
    ...more,
  };
}

/** What the decoder makes of bytes that come in pieces. */
export function readStream(pieces: readonly Buffer[]): {
  chunks: Chunk[];
  completion: Completion;
  error: ParlanceError | undefined;
} {
  const splitter = new SseSplitter();
  const decoder = openaiResponses.streamDecoder();
  const chunks: Chunk[] = [];
  let error: ParlanceError | undefined;
  const read = (block: Buffer | undefined): void => {
    if (block !== undefined) readSse(block, (event) => decoder.decode(event, chunks));
  };
  try {
    for (const piece of pieces) read(splitter.push(piece));
    read(splitter.flush());
    decoder.end(chunks);
  } catch (thrown) {
    error = ParlanceError.from(thrown);
  }
  const state = new Fold();
  for (const chunk of chunks) state.push(chunk);
  return { chunks, completion: state.completion(), error };
}

/** Wire text of chunks. */
export function wireOf(list: readonly Chunk[], more: Partial<AnswerContext> = {}): string {
  const encoder = openaiResponses.streamEncoder({ ...context, ...more });
  return list.map((chunk) => encoder.encode(chunk)).join("");
}

/** The events of a wire text. Throws where the text breaks the grammar that clients rely on. */
export function eventsOf(sse: string): JsonObject[] {
  const events: JsonObject[] = [];
  readSse(sse, ({ event, data }) => {
    const body = JSON.parse(data) as JsonObject;
    if (event !== body.type) throw new Error(`the event line says ${event}, the data ${String(body.type)}`);
    if (body.sequence_number !== events.length) throw new Error(`event ${events.length} has another number`);
    events.push(body);
  });
  checkGrammar(events);
  return events;
}

const LAST = ["response.completed", "response.incomplete", "response.failed"];

/** Begins once, ends once, and between them every piece lies in an open item under its right id and indices. */
function checkGrammar(events: readonly JsonObject[]): void {
  const [created, running] = events;
  if (created?.type !== "response.created" || running?.type !== "response.in_progress") throw new Error("no beginning");
  if (!LAST.includes(events.at(-1)?.type as string)) throw new Error("no ending");
  const items: { id: unknown; pieces: number; open: boolean; piecesOpen: Set<unknown> }[] = [];
  for (const event of events.slice(2, -1)) {
    const index = event.output_index as number;
    const item = isObject(event.item) ? event.item : {};
    if (event.type === "response.output_item.added") {
      if (index !== items.length) throw new Error(`item ${index} is added after ${items.length}`);
      items.push({ id: item.id, pieces: 0, open: true, piecesOpen: new Set() });
      continue;
    }
    const open = items[index];
    if (open === undefined || !open.open) throw new Error(`${String(event.type)} for an item that is not open`);
    if (event.type === "response.output_item.done") {
      if (item.id !== open.id || open.piecesOpen.size > 0) throw new Error(`item ${index} ends wrongly`);
      open.open = false;
      continue;
    }
    if (event.item_id !== open.id) throw new Error(`${String(event.type)} names another item`);
    const piece = event.content_index ?? event.summary_index;
    if (event.type === "response.content_part.added" || event.type === "response.reasoning_summary_part.added") {
      if (piece !== open.pieces) throw new Error(`piece ${String(piece)} is added after ${open.pieces}`);
      open.pieces += 1;
      open.piecesOpen.add(piece);
    } else if (piece !== undefined && !open.piecesOpen.has(piece)) throw new Error("a piece that is not open");
    if (event.type === "response.content_part.done" || event.type === "response.reasoning_summary_part.done") {
      open.piecesOpen.delete(piece);
    }
  }
  if (items.some(({ open }) => open)) throw new Error("an item is left open");
}

/** What OpenAI's own client makes of a stream: from its events alone, and from the last of them. */
export async function readBySdk(sse: string): Promise<{ added: JsonObject[]; response: JsonObject }> {
  const client = new OpenAI({
    apiKey: "none",
    maxRetries: 0,
    fetch: async () => new Response(sse, { headers: { "content-type": "text/event-stream" } }),
  });
  const stream = client.responses.stream({ model: "m", input: "x" });
  const added: JsonObject[] = [];
  stream.on("response.output_item.done", ({ item }) => added.push(item as unknown as JsonObject));
  const response = (await stream.finalResponse()) as unknown as JsonObject;
  return { added, response };
}

/** What an answer means, without the forms of how it was told. */
export function senseOf({ choices, usage }: Completion): unknown {
  const [choice] = choices;
  const parts = choice?.message?.parts ?? [];
  return {
    parts: parts.map(({ kind }) =>
      kind.case === "toolCall"
        ? [kind.value.id, kind.value.name, kind.value.arguments || "{}", kind.value.kind === ToolKind.CUSTOM]
        : kind,
    ),
    finish: choice?.finish?.reason,
    input: usage?.inputTokens,
    output: usage?.outputTokens,
    cached: usage?.cacheReadTokens ?? 0,
    reasoning: usage?.reasoningTokens ?? 0,
  };
}
