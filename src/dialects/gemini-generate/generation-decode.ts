import { AudioOutputSchema, create, isObject, type JsonValue, Modality } from "../../sdk/index.js";
import { asCount, asNumber, isBoolean, isString } from "./checks.js";
import type { WireObject } from "./own.js";
import type { RequestInit } from "./request-init.js";
import { takeResponseFormat } from "./response-format.js";
import { takeThinking } from "./thinking.js";

const MODALITIES: Readonly<Record<string, Modality>> = {
  TEXT: Modality.TEXT,
  IMAGE: Modality.IMAGE,
  AUDIO: Modality.AUDIO,
};

/** Takes `generationConfig`: https://ai.google.dev/api/generate-content#generationconfig */
export function takeGeneration(wire: WireObject, init: RequestInit): void {
  const config = wire.group("generationConfig");
  if (config === undefined) return;
  const count = (name: string): number | undefined => {
    const value = config.take(name);
    return value === undefined ? undefined : asCount(value, config.at(name));
  };
  const number = (name: string): number | undefined => {
    const value = config.take(name);
    return value === undefined ? undefined : asNumber(value, config.at(name));
  };
  init.maxOutputTokens = count("maxOutputTokens");
  init.temperature = number("temperature");
  init.topP = number("topP");
  // The wire takes 64.0 for 64, and some clients write it.
  init.topK = count("topK");
  init.n = count("candidateCount");
  init.presencePenalty = number("presencePenalty");
  init.frequencyPenalty = number("frequencyPenalty");
  const seed = config.takeIf("seed", isWhole);
  if (seed !== undefined) init.seed = BigInt(seed);
  init.logprobs = config.takeIf("responseLogprobs", isBoolean);
  init.topLogprobs = count("logprobs");
  takeStop(config, init);
  takeThinking(config, wire, init);
  takeResponseFormat(config, wire, init);
  takeModalities(config, init);
  takeSpeech(config, init);
  for (const name of Object.keys(init) as (keyof RequestInit)[]) if (init[name] === undefined) delete init[name];
}

function isWhole(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function takeStop(config: WireObject, init: RequestInit): void {
  const list = config.takeIf("stopSequences", isTexts);
  if (list?.length === 0) config.noteAs("stopSequences", []);
  if (list !== undefined) init.stop = list;
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every(isString);
}

function takeModalities(config: WireObject, init: RequestInit): void {
  const list = config.peek("responseModalities");
  if (!isTexts(list)) return;
  const known = list.map((word) => MODALITIES[word.toUpperCase()]);
  if (!known.every((modality) => modality !== undefined)) return;
  config.take("responseModalities");
  config.noteAs("responseModalities", list);
  init.outputModalities = known;
}

/** The voice of spoken output. All else that is said of speech is this dialect's own. */
function takeSpeech(config: WireObject, init: RequestInit): void {
  const speech = config.peek("speechConfig");
  const voice = isObject(speech) ? (speech.voiceConfig ?? speech.voice_config) : undefined;
  const made = isObject(voice) ? (voice.prebuiltVoiceConfig ?? voice.prebuilt_voice_config) : undefined;
  const name = isObject(made) ? (made.voiceName ?? made.voice_name) : undefined;
  if (!isString(name) || Object.keys(speech as object).length > 1) return;
  config.noteAs("speechConfig", config.take("speechConfig") as JsonValue);
  // The wire answers in one encoding and lets none be asked for.
  init.audioOutput = create(AudioOutputSchema, { voice: name, format: "pcm16" });
}
