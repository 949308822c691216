import { create } from "@bufbuild/protobuf";
import { MessageSchema, type Part, PartSchema, Role } from "../gen/parlance/v1/chat_pb.js";
import {
  type Choice,
  ChoiceSchema,
  type Chunk,
  type Completion,
  CompletionSchema,
  LogprobsSchema,
} from "../gen/parlance/v1/completion_pb.js";
import { ParlanceError } from "./errors.js";

type DeltaKind = "text" | "reasoning" | "refusal" | "toolCall" | "audio";
type KindValue<K extends DeltaKind> = Extract<Part["kind"], { case: K; value: unknown }>["value"];

/** Adds the events of a stream up to one whole answer. `fold(unfold(c))` is `c`. */
export class Fold {
  readonly #completion: Completion = create(CompletionSchema);
  #whole = false;

  /** True once `completion_end` has come. */
  get whole(): boolean {
    return this.#whole;
  }

  push(chunk: Chunk): void {
    const completion = this.#completion;
    const { event } = chunk;
    switch (event.case) {
      case "completionStart":
        completion.id = event.value.id;
        completion.model = event.value.model;
        if (event.value.createTime) completion.createTime = event.value.createTime;
        break;
      case "partStart": {
        const parts = this.#choice(event.value.choice).message?.parts as Part[];
        if (parts.length !== event.value.part)
          throw broken(`part ${event.value.part} begins after ${parts.length} parts`);
        // Deltas are added to the part: it must not be the event's own.
        parts.push(ownCopy(event.value.content ?? create(PartSchema)));
        break;
      }
      case "textDelta": {
        const part = this.#part(event.value.choice, event.value.part, "text");
        part.text += event.value.text;
        break;
      }
      case "reasoningDelta": {
        const part = this.#part(event.value.choice, event.value.part, "reasoning");
        part.text += event.value.text;
        if (event.value.signature !== undefined) part.signature = (part.signature ?? "") + event.value.signature;
        if (event.value.encryptedContent !== undefined) part.encryptedContent = event.value.encryptedContent;
        break;
      }
      case "refusalDelta":
        this.#part(event.value.choice, event.value.part, "refusal").text += event.value.text;
        break;
      case "toolCallDelta":
        this.#part(event.value.choice, event.value.part, "toolCall").arguments += event.value.arguments;
        break;
      case "audioDelta": {
        const part = this.#part(event.value.choice, event.value.part, "audio");
        if (event.value.data.length > 0) {
          const before = part.source.case === "data" ? part.source.value : new Uint8Array();
          part.source = { case: "data", value: Buffer.concat([before, event.value.data]) };
        }
        if (event.value.transcript !== "") part.transcript = (part.transcript ?? "") + event.value.transcript;
        break;
      }
      case "citationAdd":
        if (event.value.citation) {
          this.#part(event.value.choice, event.value.part, "text").citations.push(event.value.citation);
        }
        break;
      case "logprobsDelta": {
        const choice = this.#choice(event.value.choice);
        choice.logprobs ??= create(LogprobsSchema);
        choice.logprobs.content.push(...(event.value.logprobs?.content ?? []));
        choice.logprobs.refusal.push(...(event.value.logprobs?.refusal ?? []));
        break;
      }
      case "finish": {
        const choice = this.#choice(event.value.choice);
        if (event.value.finish) choice.finish = event.value.finish;
        if (event.value.extensions) choice.extensions = event.value.extensions;
        if (event.value.messageExtensions && choice.message) choice.message.extensions = event.value.messageExtensions;
        break;
      }
      case "usage":
        completion.usage = event.value;
        break;
      case "completionEnd":
        this.#whole = true;
        if (event.value.cost) completion.cost = event.value.cost;
        if (event.value.serviceTier !== undefined) completion.serviceTier = event.value.serviceTier;
        if (event.value.extensions) completion.extensions = event.value.extensions;
        completion.attempts = event.value.attempts;
        completion.losses = event.value.losses;
        break;
      default:
        break;
    }
  }

  /** The answer so far. */
  completion(): Completion {
    return this.#completion;
  }

  #choice(index: number): Choice {
    const found = this.#completion.choices.find((choice) => choice.index === index);
    if (found) return found;
    const choice = create(ChoiceSchema, { index, message: create(MessageSchema, { role: Role.ASSISTANT }) });
    this.#completion.choices.push(choice);
    this.#completion.choices.sort((a, b) => a.index - b.index);
    return choice;
  }

  #part<K extends DeltaKind>(choice: number, part: number, kind: K): KindValue<K> {
    const found = this.#choice(choice).message?.parts[part];
    if (found?.kind.case !== kind)
      throw broken(`a ${kind} delta for part ${part} of choice ${choice}, which is not one`);
    return found.kind.value as KindValue<K>;
  }
}

/** The whole answer that a stream of chunks tells. */
export function fold(chunks: Iterable<Chunk>): Completion {
  const state = new Fold();
  for (const chunk of chunks) state.push(chunk);
  return state.completion();
}

/**
 * Deltas write to the fields of the part's kind and add to its citations: those are copied, all else is shared. Not the
 * library's clone, which loses a member of `extensions` that is named `__proto__`.
 */
function ownCopy(part: Part): Part {
  const { kind } = part;
  if (kind.case === undefined) return part;
  if (kind.case === "text") {
    return { ...part, kind: { case: "text", value: { ...kind.value, citations: [...kind.value.citations] } } };
  }
  return { ...part, kind: { case: kind.case, value: { ...kind.value } } as Part["kind"] };
}

function broken(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's stream is out of order: ${what}.`);
}
