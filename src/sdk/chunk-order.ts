import type { Part } from "../gen/parlance/v1/chat_pb.js";
import type { Chunk } from "../gen/parlance/v1/completion_pb.js";
import { ParlanceError } from "./errors.js";

type Kind = Part["kind"]["case"] | "ended";

interface ChoiceSoFar {
  /** The kind of every part that has begun, by number, or that it has ended. */
  readonly parts: Kind[];
  open: number;
  finished: boolean;
}

const KINDS = {
  textDelta: "text",
  citationAdd: "text",
  reasoningDelta: "reasoning",
  refusalDelta: "refusal",
  toolCallDelta: "toolCall",
  audioDelta: "audio",
} as const;

/**
 * The order of a streamed answer's events, as `completion.proto` has it, as a state machine: an encoder that asks it
 * first never writes a stream that a client cannot read.
 */
export class ChunkOrder {
  readonly #choices = new Map<number, ChoiceSoFar>();
  #state: "new" | "running" | "ended" = "new";

  /** Takes the next event. Throws `malformed_answer` for one that may not come now, and is as it was before. */
  take(event: Chunk["event"]): void {
    if (this.#state === "ended") throw broken(`${event.case} after the end`);
    if (event.case === "completionStart") {
      if (this.#state === "running") throw broken("the answer begins twice");
      this.#state = "running";
      return;
    }
    if (this.#state === "new") throw broken(`${event.case} before the answer has begun`);
    switch (event.case) {
      case "partStart": {
        const { choice, part, content } = event.value;
        const found = this.#running(choice, event.case);
        const begun = found?.parts.length ?? 0;
        if (part !== begun) throw broken(`part ${part} begins after ${begun} parts`);
        const state = found ?? this.#begin(choice);
        state.open += 1;
        state.parts.push(content?.kind.case);
        return;
      }
      case "textDelta":
      case "citationAdd":
      case "reasoningDelta":
      case "refusalDelta":
      case "toolCallDelta":
      case "audioDelta": {
        const { choice, part } = event.value;
        if (this.#choices.get(choice)?.parts[part] !== KINDS[event.case]) {
          throw broken(`${event.case} for part ${part} of choice ${choice}, which is no such part or not open`);
        }
        return;
      }
      case "partEnd": {
        const { choice, part } = event.value;
        const found = this.#choices.get(choice);
        if (found === undefined || part >= found.parts.length || found.parts[part] === "ended") {
          throw broken(`part ${part} of choice ${choice} ends and is not open`);
        }
        found.parts[part] = "ended";
        found.open -= 1;
        return;
      }
      case "logprobsDelta":
        if (this.#running(event.value.choice, event.case) === undefined) this.#begin(event.value.choice);
        return;
      case "finish": {
        const found = this.#running(event.value.choice, event.case);
        if (found !== undefined && found.open > 0) throw broken("a choice ends before one of its parts");
        (found ?? this.#begin(event.value.choice)).finished = true;
        return;
      }
      case "completionEnd":
        for (const [choice, { finished }] of this.#choices) {
          if (!finished) throw broken(`the answer ends before its choice ${choice}`);
        }
        this.#state = "ended";
        return;
      default:
        return;
    }
  }

  /** A choice that has begun. Throws where it is finished. */
  #running(choice: number, what: string): ChoiceSoFar | undefined {
    const found = this.#choices.get(choice);
    if (found?.finished) throw broken(`${what} after choice ${choice} was finished`);
    return found;
  }

  #begin(choice: number): ChoiceSoFar {
    const begun: ChoiceSoFar = { parts: [], open: 0, finished: false };
    this.#choices.set(choice, begun);
    return begun;
  }
}

function broken(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's stream is out of order: ${what}.`);
}
