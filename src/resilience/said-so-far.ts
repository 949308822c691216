import type { Chunk } from "../sdk/index.js";

/** What a client has of an answer, by the chunks that it was told: whether and where another target can go on with it. */
export class SaidSoFar {
  text = "";
  /** Number of the text part that is open; undefined when none is. */
  open: number | undefined;
  /** Parts so far. */
  parts = 0;
  #other = false;
  #finished = false;

  /** Text alone can be gone on with: no half call, and nothing that is sealed. */
  get continuable(): boolean {
    return !this.#other && !this.#finished && this.text.trimEnd() !== "";
  }

  add(chunks: readonly Chunk[]): void {
    for (const { event } of chunks) this.#take(event);
  }

  #take(event: Chunk["event"]): void {
    switch (event.case) {
      case "completionStart":
      case "usage":
      case undefined:
        return;
      case "partStart": {
        const { choice, part, content } = event.value;
        this.parts += 1;
        if (choice !== 0 || content?.kind.case !== "text") this.#other = true;
        else {
          this.open = part;
          this.text += content.kind.value.text;
        }
        return;
      }
      case "textDelta":
        this.text += event.value.text;
        return;
      case "partEnd":
        if (event.value.part === this.open) this.open = undefined;
        return;
      case "citationAdd":
      case "logprobsDelta":
        return;
      case "finish":
        this.#finished = true;
        return;
      default:
        this.#other = true;
    }
  }
}
