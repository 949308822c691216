import {
  ChatRequestSchema,
  type Chunk,
  type Completion,
  create,
  Fold,
  type JsonObject,
  Losses,
  type MessageInitShape,
  type ModelTraits,
  readSse,
} from "../../src/sdk/index.js";
import { gemini } from "../../src/dialects/gemini-generate/index.js";
import { text, user } from "./anthropic-requests.js";

/**
 * Short ways to see requests and answers of the vocabulary on the wire of `gemini`, for its tests.
 * @module
 */

export function encode(init: MessageInitShape<typeof ChatRequestSchema>, traits: ModelTraits = {}, strict = false) {
  const losses = new Losses(strict);
  const request = create(ChatRequestSchema, { model: "asked", messages: [user(text("hi"))], ...init });
  const written = gemini.encodeRequest(request, { model: "gemini-x", stream: false, traits, losses });
  return {
    text: written,
    body: JSON.parse(written) as Wire,
    losses: losses.list.map(({ path, kind }) => ({ path, kind })),
  };
}

/** What a request says on the wire, as far as tests look at it. */
export interface Wire extends JsonObject {
  readonly contents: { readonly role: string; readonly parts: JsonObject[] }[];
  readonly systemInstruction: JsonObject;
  readonly tools: { readonly functionDeclarations: JsonObject[] }[];
  readonly toolConfig: JsonObject;
  readonly generationConfig: JsonObject;
}

/** A body through the vocabulary and back. */
export function again(body: JsonObject, traits: ModelTraits = {}): JsonObject {
  const decoded = gemini.decodeRequest(JSON.stringify(body));
  const target = { model: decoded.model, stream: false, traits, losses: new Losses() };
  return JSON.parse(gemini.encodeRequest(decoded, target)) as JsonObject;
}

/** The answer that a stream of these events tells. Throws what the decoder throws. */
export function follow(...events: (JsonObject | string)[]): { chunks: Chunk[]; completion: Completion } {
  const decoder = gemini.streamDecoder();
  const chunks: Chunk[] = [];
  for (const event of events) {
    decoder.decode({ event: "", data: typeof event === "string" ? event : JSON.stringify(event) }, chunks);
  }
  decoder.end(chunks);
  const state = new Fold();
  for (const chunk of chunks) state.push(chunk);
  return { chunks, completion: state.completion() };
}

/** An event of one candidate. */
export const event = (parts: JsonObject[], more: JsonObject = {}, around: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
  modelVersion: "gemini-x",
  responseId: "r1",
  ...around,
});

/** The events that an encoder writes for chunks. */
export function eventsOf(chunks: readonly Chunk[]): JsonObject[] {
  const encoder = gemini.streamEncoder(answering);
  const events: JsonObject[] = [];
  readSse(chunks.map((chunk) => encoder.encode(chunk)).join(""), ({ data }) => events.push(JSON.parse(data)));
  return events;
}

export const answering = {
  requestId: "req1",
  model: "asked",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
