import {
  type Chunk,
  type Completion,
  create,
  type Loss,
  LossKind,
  LossSchema,
  type Part,
  type Usage,
} from "../sdk/index.js";

/** What a dialect's answers have no place for. Each entry is the reason, in a sentence. */
export interface AnswerGaps {
  /** Choices after the first. Absent means that there is room for all. */
  readonly choices?: string;
  readonly logprobs?: string;
  readonly usage?: Readonly<Partial<Record<"inputAudioTokens" | "outputAudioTokens", string>>>;
  /** What is lost of a part; undefined when nothing is. */
  part(part: Part): { readonly kind: "dropped" | "approximated"; readonly reason: string } | undefined;
}

/** The losses of a whole answer: those on the way to the provider, and what the caller's dialect cannot tell. */
export function answerLosses(completion: Completion, gaps: AnswerGaps): Loss[] {
  const told = new AnswerLosses(gaps);
  completion.choices.forEach((choice, index) => {
    (choice.message?.parts ?? []).forEach((part, at) => {
      told.part(index, at, part);
    });
    if (choice.logprobs !== undefined) told.logprobs(index);
  });
  if (completion.usage !== undefined) told.usage(completion.usage);
  return [...completion.losses, ...told.list];
}

/** Gathers the same while a stream passes. */
export class AnswerLosses {
  readonly list: Loss[] = [];
  readonly #gaps: AnswerGaps;
  readonly #told = new Set<string>();

  constructor(gaps: AnswerGaps) {
    this.#gaps = gaps;
  }

  see({ event }: Chunk): void {
    if (event.case === "partStart") {
      const { choice, part, content } = event.value;
      if (content !== undefined) this.part(choice, part, content);
    } else if (event.case === "logprobsDelta") this.logprobs(event.value.choice);
    else if (event.case === "usage") this.usage(event.value);
  }

  part(choice: number, at: number, part: Part): void {
    if (choice > 0 && this.#gaps.choices !== undefined) {
      this.#tell(`choices[${choice}]`, "dropped", this.#gaps.choices);
      return;
    }
    const gap = this.#gaps.part(part);
    if (gap !== undefined) this.#tell(`choices[${choice}].message.parts[${at}]`, gap.kind, gap.reason);
  }

  logprobs(choice: number): void {
    if (this.#gaps.logprobs !== undefined) this.#tell(`choices[${choice}].logprobs`, "dropped", this.#gaps.logprobs);
  }

  usage(usage: Usage): void {
    const { inputAudioTokens, outputAudioTokens } = this.#gaps.usage ?? {};
    if (inputAudioTokens !== undefined && (usage.inputAudioTokens ?? 0) > 0)
      this.#tell("usage.input_audio_tokens", "dropped", inputAudioTokens);
    if (outputAudioTokens !== undefined && (usage.outputAudioTokens ?? 0) > 0)
      this.#tell("usage.output_audio_tokens", "dropped", outputAudioTokens);
  }

  #tell(path: string, kind: "dropped" | "approximated", reason: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.list.push(
      create(LossSchema, { path, kind: kind === "dropped" ? LossKind.DROPPED : LossKind.APPROXIMATED, reason }),
    );
  }
}
