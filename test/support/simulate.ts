import {
  type ChatRequest,
  ChatRequestSchema,
  type Chunk,
  create,
  type MessageInitShape,
  type Provider,
  Role,
} from "@parlance/sdk";
import { createSimulator } from "../../plugins/simulator/src/simulator.js";

/** A simulator whose clock stands still and whose waits are written down and not waited for. */
export function simulator(settings: Record<string, number> = {}): { provider: Provider; waits: number[] } {
  const waits: number[] = [];
  const world = {
    now: () => 1_700_000_000_250,
    sleep: async (milliseconds: number) => {
      waits.push(milliseconds);
    },
  };
  return { provider: createSimulator({ name: "simulator", settings }, world), waits };
}

/** A request with one message of the user. */
export function ask(text: string, more: MessageInitShape<typeof ChatRequestSchema> = {}): ChatRequest {
  return create(ChatRequestSchema, {
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text } } }] }],
    ...more,
  });
}

/** Every chunk of an answer; with an error, those that came before it. */
export async function listen(
  provider: Provider,
  model: string,
  request: ChatRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ chunks: Chunk[]; error?: unknown }> {
  const chunks: Chunk[] = [];
  try {
    for await (const chunk of provider.complete?.(request, { model, signal, requestId: "r", stream: true }) ?? [])
      chunks.push(chunk);
    return { chunks };
  } catch (error) {
    return { chunks, error };
  }
}
