import type { Chunk, Completion, Part } from "../../sdk/index.js";

/** Tells in a part which provider made it, where only its maker can read it. */
function mark({ kind }: Part, provider: string): void {
  if (kind.case === "reasoning" || kind.case === "opaque") kind.value.maker ??= provider;
}

/** The same in a whole answer. */
export function markCompletion(completion: Completion, provider: string): void {
  for (const { message } of completion.choices) for (const part of message?.parts ?? []) mark(part, provider);
}

/** The same in an event of a stream. */
export function markChunk({ event }: Chunk, provider: string): void {
  if (event.case === "partStart" && event.value.content !== undefined) mark(event.value.content, provider);
}
