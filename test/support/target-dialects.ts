import {
  type ChatRequest,
  ChatRequestSchema,
  type Chunk,
  create,
  type EmbeddingRequest,
  EmbeddingRequestSchema,
  type JsonObject,
  type Loss,
  Losses,
  type MessageInitShape,
  type ModelTraits,
  type ProviderPlugin,
  type StreamDecoder,
  type TargetDialect,
  type TargetEmbeddingDialect,
  sseFraming,
} from "@parlance/sdk";

/** The dialects that a plugin brings, as its provider has them with these settings. */
export function dialectsOf(
  plugin: ProviderPlugin,
  settings: JsonObject = {},
): { chat: TargetDialect; embed: TargetEmbeddingDialect; traits: (model: string) => ModelTraits } {
  const { wire, traits } = plugin.create({ name: "mine", settings });
  return {
    chat: wire?.chat?.dialect as TargetDialect,
    embed: wire?.embeddings?.dialect as TargetEmbeddingDialect,
    traits: (model) => traits?.(model) ?? {},
  };
}

/** What a request is on the wire of a target, and what was lost. */
export interface Encoded {
  readonly body: JsonObject;
  readonly losses: readonly Loss[];
}

export function encodeChat(
  dialect: TargetDialect,
  request: MessageInitShape<typeof ChatRequestSchema>,
  target: { model?: string; stream?: boolean; traits?: ModelTraits; strict?: boolean } = {},
): Encoded {
  const losses = new Losses(target.strict);
  const { model = "m", stream = false, traits = {} } = target;
  const noun: ChatRequest = create(ChatRequestSchema, request);
  return {
    body: JSON.parse(dialect.encodeRequest(noun, { model, stream, traits, losses })) as JsonObject,
    losses: losses.list,
  };
}

export function encodeEmbedding(
  dialect: TargetEmbeddingDialect,
  request: MessageInitShape<typeof EmbeddingRequestSchema>,
  model = "m",
): Encoded {
  const losses = new Losses();
  const noun: EmbeddingRequest = create(EmbeddingRequestSchema, request);
  return { body: JSON.parse(dialect.encodeRequest(noun, { model, losses })) as JsonObject, losses: losses.list };
}

/** The chunks of a stream that comes in these pieces. */
export function decodePieces(dialect: TargetDialect, pieces: readonly Buffer[]): Chunk[] {
  const reader = (dialect.framing ?? sseFraming).reader();
  const decoder: StreamDecoder = dialect.streamDecoder();
  const out: Chunk[] = [];
  for (const piece of pieces) reader.push(piece, (event) => decoder.decode(event, out));
  reader.end((event) => decoder.decode(event, out));
  decoder.end(out);
  return out;
}

/** Bytes cut at these places, each taken as far as the bytes go. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}
