import { type ChatRequest, type Chunk, chunks, create, type ProviderCall, UsageSchema } from "@parlance/sdk";
import { accidentError, answerTurn } from "./answer.js";
import { type Beat, type LogprobWish, pieceBeats } from "./beats.js";
import type { Accident, SimulatedModel } from "./behaviour.js";
import { checkRequest } from "./check-request.js";
import { cutAnswer, type Speech } from "./cut.js";
import { fingerprint } from "./fingerprint.js";
import { AT_ONCE, createPace, throwIfAborted, untilAborted } from "./pace.js";
import { promptTokens } from "./prompt-tokens.js";
import { createRandom } from "./random.js";
import { requestLosses } from "./request-losses.js";
import type { SimulatorSettings } from "./settings.js";
import type { World } from "./world.js";

interface Voice {
  readonly speech: Speech;
  readonly accident: Accident | undefined;
  readonly beats: Iterator<Beat>;
}

/** Answers a request as the model would, token by token; several choices take turns. */
export async function* complete(
  model: SimulatedModel,
  request: ChatRequest,
  call: ProviderCall,
  settings: SimulatorSettings,
  world: World,
): AsyncGenerator<Chunk> {
  throwIfAborted(call.signal);
  checkRequest(request);
  const seeds = [call.model, request.seed ?? settings.seed, fingerprint(request)];
  const losses = requestLosses(request, call.model === "reasoning");
  const count = request.n ?? 1;
  const voices = Array.from({ length: count }, (_, choice): Voice => {
    const random = createRandom(...seeds, choice);
    const turn = { request, model: call.model, choice, settings, random, losses };
    const answer = answerTurn(model, turn);
    const speech = cutAnswer(answer.pieces, request.stop, answer.maxTokens ?? request.maxOutputTokens);
    const wish = request.logprobs ? { top: request.topLogprobs ?? 0, random } : undefined;
    return { speech, accident: answer.accident, beats: beatsOf(speech, choice, wish) };
  });

  const random = createRandom(...seeds, "answer");
  const now = world.now();
  yield chunks.completionStart({
    id: `sim-${random.hex(24)}`,
    model: call.model,
    createTime: { seconds: BigInt(Math.floor(now / 1000)), nanos: Math.floor(now % 1000) * 1e6 },
  });
  const pace = createPace(model.pace ?? AT_ONCE, settings, random, call.signal, world);
  await pace.beforeFirst();
  yield* speak(voices, call.signal, () => pace.beforeNext());
  if (voices.some(({ speech, accident }) => accident?.how === "cut" && tokensOf(speech) > accident.afterTokens)) return;
  yield chunks.usage(usageOf(request, voices));
  yield chunks.completionEnd({ losses: losses.list });
}

/** One beat of every choice in turn, until all are whole or the first meets its accident. */
async function* speak(voices: readonly Voice[], signal: AbortSignal, wait: () => Promise<void>): AsyncGenerator<Chunk> {
  const open = new Set(voices);
  const said = new Map<Voice, number>();
  while (open.size > 0) {
    let waited = false;
    for (const voice of open) {
      const beat = voice.beats.next();
      if (beat.done === true) {
        open.delete(voice);
        continue;
      }
      const { value } = beat;
      throwIfAborted(signal);
      if (value.token) {
        const before = said.get(voice) ?? 0;
        if (voice.accident?.afterTokens === before) {
          if (voice.accident.how === "error") throw accidentError(before);
          if (voice.accident.how === "stall") await untilAborted(signal);
          return;
        }
        said.set(voice, before + 1);
        // Choices are made side by side: a round of them takes the time of one token.
        if (!waited && before > 0) await wait();
        waited = true;
      }
      yield* value.chunks;
    }
  }
}

function* beatsOf({ spoken, finish }: Speech, choice: number, wish: LogprobWish | undefined): Generator<Beat> {
  for (const [part, piece] of spoken.entries()) yield* pieceBeats(piece, choice, part, wish);
  yield { chunks: [chunks.finish(choice, finish)], token: false };
}

function usageOf(request: ChatRequest, voices: readonly Voice[]): ReturnType<typeof create<typeof UsageSchema>> {
  const reasoning = voices.map(({ speech }) => tokensOf(speech, true)).reduce((sum, tokens) => sum + tokens, 0);
  return create(UsageSchema, {
    inputTokens: promptTokens(request),
    outputTokens: voices.map(({ speech }) => tokensOf(speech)).reduce((sum, tokens) => sum + tokens, 0),
    ...(reasoning > 0 && { reasoningTokens: reasoning }),
  });
}

function tokensOf({ spoken }: Speech, reasoningOnly = false): number {
  return spoken.reduce(
    (sum, { piece, tokens }) => sum + (reasoningOnly && piece.kind !== "reasoning" ? 0 : tokens.length),
    0,
  );
}
