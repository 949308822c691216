import {
  type ChatDialect,
  type ChatRequest,
  type Chunk,
  chunks,
  extensionsOf,
  type JsonObject,
  type StreamEncoder,
} from "../../sdk/index.js";

/** How ids of this dialect's answers begin. */
const PREFIX = "resp_";

/**
 * A dialect whose answers bear `id` where they came with that of another dialect: ids of others are not unique among
 * ours, and clients ask for an answer by its id.
 */
export function withOwnIds(dialect: ChatDialect, id: string): ChatDialect {
  const own = (given: string): string => (given.startsWith(PREFIX) ? given : id);
  return {
    ...dialect,
    encodeResponse: (completion, context) => dialect.encodeResponse({ ...completion, id: own(completion.id) }, context),
    streamEncoder(context): StreamEncoder {
      const encoder = dialect.streamEncoder(context);
      return {
        encode: (chunk) => encoder.encode(named(chunk, own)),
        error: (error) => encoder.error(error),
        keepAlive: () => encoder.keepAlive(),
      };
    },
  };
}

function named(chunk: Chunk, own: (given: string) => string): Chunk {
  const { event } = chunk;
  return event.case === "completionStart" ? chunks.completionStart({ ...event.value, id: own(event.value.id) }) : chunk;
}

/** The request as an answer repeats it: with what it follows, which targets are not told. */
export function repeated(request: ChatRequest, dialect: ChatDialect, previous: string | undefined): ChatRequest {
  if (previous === undefined) return request;
  const fields: JsonObject = { ...extensionsOf(request, dialect.name), previous_response_id: previous };
  return { ...request, extensions: { ...request.extensions, [dialect.name]: fields } };
}
