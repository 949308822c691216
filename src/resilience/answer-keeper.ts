import type { WholeAnswer } from "../core/answer.js";
import type { Frame } from "../core/frame.js";
import { type Completion, Fold, type Part } from "../sdk/index.js";

/** Most bytes of a stream that are held to be read later, and what a frame that never was bytes counts as. */
const MAX_BYTES = 1024 * 1024;
const BYTES_OF_CHUNKS = 256;

/** Holds an answer as it goes by, to read when it is over what was said: decoding it in between would slow its client. */
export class AnswerKeeper {
  #frames: Frame[] | undefined = [];
  #bytes = 0;
  #whole: WholeAnswer | undefined;

  frame(frame: Frame): void {
    this.#bytes += frame.bytes?.length ?? BYTES_OF_CHUNKS;
    if (this.#bytes > MAX_BYTES) this.#frames = undefined;
    else this.#frames?.push(frame);
  }

  whole(answer: WholeAnswer): void {
    this.#whole = answer;
  }

  /** The texts and tool calls of the answer; undefined where it has none, is too long to be held, or cannot be read. */
  said(): string | undefined {
    try {
      const value = this.#whole?.value();
      if (value !== undefined) return value.kind === "completion" ? textOf(value.completion) : undefined;
      if (this.#frames === undefined || this.#frames.length === 0) return undefined;
      const fold = new Fold();
      for (const frame of this.#frames) for (const chunk of frame.chunks) fold.push(chunk);
      return textOf(fold.completion());
    } catch {
      return undefined;
    }
  }
}

function textOf({ choices }: Completion): string {
  return choices.map(({ message }) => (message?.parts ?? []).map(wordsOf).join("")).join("\n");
}

function wordsOf({ kind }: Part): string {
  if (kind.case === "text" || kind.case === "refusal") return kind.value.text;
  return kind.case === "toolCall" ? `${kind.value.name}(${kind.value.arguments})` : "";
}
