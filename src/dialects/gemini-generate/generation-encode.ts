import { type ChatRequest, type JsonObject, type Losses, Modality, type ModelTraits } from "../../sdk/index.js";
import { writeResponseFormat } from "./response-format.js";
import { encodeThinking } from "./thinking.js";
import { MAX_STOP_SEQUENCES } from "./wire.js";

const MODALITIES: Readonly<Partial<Record<Modality, string>>> = {
  [Modality.TEXT]: "TEXT",
  [Modality.IMAGE]: "IMAGE",
  [Modality.AUDIO]: "AUDIO",
};

/** `generationConfig`; undefined when it says nothing. `own`: the request came in this dialect. */
export function encodeGeneration(
  request: ChatRequest,
  own: boolean,
  traits: ModelTraits,
  losses: Losses,
): JsonObject | undefined {
  const out: JsonObject = {};
  if (request.maxOutputTokens !== undefined) out.maxOutputTokens = request.maxOutputTokens;
  if (request.temperature !== undefined) out.temperature = request.temperature;
  if (request.topP !== undefined) out.topP = request.topP;
  if (request.topK !== undefined) out.topK = request.topK;
  if (request.n !== undefined && (own || request.n > 1)) out.candidateCount = request.n;
  if (request.presencePenalty !== undefined) out.presencePenalty = request.presencePenalty;
  if (request.frequencyPenalty !== undefined) out.frequencyPenalty = request.frequencyPenalty;
  writeSeed(request.seed, out, losses);
  if (request.logprobs !== undefined && (own || request.logprobs)) out.responseLogprobs = request.logprobs;
  if (request.topLogprobs !== undefined && (own || request.topLogprobs > 0)) out.logprobs = request.topLogprobs;
  writeStop(request.stop, out, own, losses);
  const thinking = encodeThinking(request, traits, losses);
  if (thinking !== undefined) out.thinkingConfig = thinking;
  writeResponseFormat(request, out, traits, losses);
  writeOutput(request, out, own, losses);
  for (const _ in out) return out;
  return undefined;
}

/** The wire has 32 bits for it. */
function writeSeed(seed: bigint | undefined, out: JsonObject, losses: Losses): void {
  if (seed === undefined) return;
  const near = BigInt.asIntN(32, seed);
  if (near !== seed) losses.approximate("seed", `The target takes seeds of 32 bits: ${near} is sent.`);
  out.seed = Number(near);
}

function writeStop(stop: readonly string[], out: JsonObject, own: boolean, losses: Losses): void {
  const sent = own ? stop : stop.slice(0, MAX_STOP_SEQUENCES);
  for (let at = sent.length; at < stop.length; at += 1) {
    losses.drop(`stop[${at}]`, `The target takes ${MAX_STOP_SEQUENCES} stop sequences.`);
  }
  if (sent.length > 0) out.stopSequences = [...sent];
}

function writeOutput(request: ChatRequest, out: JsonObject, own: boolean, losses: Losses): void {
  const { outputModalities, audioOutput } = request;
  const words = outputModalities.flatMap((modality, index) => {
    const word = MODALITIES[modality];
    if (word === undefined) losses.drop(`output_modalities[${index}]`, "The target makes no such output.");
    return word ?? [];
  });
  if (own || words.some((word) => word !== "TEXT")) {
    // Text that is spoken comes as its sound alone.
    const spoken = !own && words.includes("AUDIO") && words.includes("TEXT");
    if (spoken) losses.approximate("output_modalities", "The target speaks or writes, not both: it speaks.");
    const list = spoken ? words.filter((word) => word !== "TEXT") : words;
    if (list.length > 0) out.responseModalities = list;
  }
  if (audioOutput === undefined) return;
  out.speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: audioOutput.voice } } };
  if (!own && audioOutput.format !== "pcm16") {
    losses.approximate("audio_output.format", "The target speaks in pcm16 only.");
  }
}
