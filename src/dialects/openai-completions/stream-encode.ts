import {
  type AnswerContext,
  type Chunk,
  type CompletionEnd,
  type Finish,
  type JsonObject,
  type JsonValue,
  type Loss,
  type Logprobs,
  type ParlanceError,
  type StreamEncoder,
  type Usage,
  writeSse,
} from "../../sdk/index.js";
import { finishWord, nativeWord } from "../openai-chat/finish.js";
import { encodeLosses } from "../openai-chat/response-encode.js";
import { encodeUsage } from "../openai-chat/usage.js";
import { encodeError } from "../openai-errors/index.js";
import { encodeLogprobs } from "./logprobs.js";
import { finishOf, lossOf } from "./response-encode.js";

/** An encoder of one stream of `text_completion` events, `[DONE]` last. */
export function streamEncoder(context: AnswerContext): StreamEncoder {
  return new CompletionStreamEncoder(context);
}

class CompletionStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #losses: Loss[] = [];
  /** Characters of each choice's tokens whose log probabilities were told; a choice that has begun has a number. */
  readonly #offsets = new Map<number, number>();
  #head: JsonObject;
  #usage: Usage | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#head = headOf(context.requestId, context.created, context.model);
  }

  encode({ event }: Chunk): string {
    switch (event.case) {
      case "completionStart": {
        const { id, model, createTime } = event.value;
        const { requestId, created, model: asked } = this.#context;
        this.#head = headOf(id || requestId, Number(createTime?.seconds ?? created), model || asked);
        return "";
      }
      case "partStart": {
        const { choice, part, content } = event.value;
        const loss = lossOf(content?.kind.case, choice, part);
        if (loss !== undefined) this.#losses.push(loss);
        const { kind } = content ?? {};
        return kind?.case === "text" || kind?.case === "refusal" ? this.#text(choice, kind.value.text) : "";
      }
      case "textDelta":
      case "refusalDelta":
        return this.#text(event.value.choice, event.value.text);
      case "logprobsDelta":
        return event.value.logprobs === undefined ? "" : this.#logprobs(event.value.choice, event.value.logprobs);
      case "finish":
        return this.#finish(event.value.choice, event.value.finish);
      case "usage":
        this.#usage = event.value;
        return "";
      case "completionEnd":
        return this.#end(event.value);
      default:
        return "";
    }
  }

  error(error: ParlanceError): string {
    return writeSse(JSON.stringify(encodeError(error, this.#context.requestId)));
  }

  keepAlive(): string {
    // The wire has no event for it; clients pass over comments.
    return ": keep-alive\n\n";
  }

  #text(choice: number, text: string): string {
    const begun = this.#begin(choice);
    return text === "" ? begun : begun + this.#choice(choice, text, null, null);
  }

  #logprobs(choice: number, logprobs: Logprobs): string {
    const begun = this.#begin(choice);
    const offset = this.#offsets.get(choice) ?? 0;
    const length = logprobs.content.reduce((sum, { token }) => sum + [...token].length, 0);
    this.#offsets.set(choice, offset + length);
    return begun + this.#choice(choice, "", encodeLogprobs(logprobs, offset), null);
  }

  #finish(choice: number, finish: Finish | undefined): string {
    const word = finishWord(finish);
    const native = nativeWord(finish, word);
    const around = native === undefined ? {} : { native_finish_reason: native };
    return this.#begin(choice) + this.#choice(choice, "", null, finishOf(word), around);
  }

  /** The echo, before the first event of a choice. */
  #begin(choice: number): string {
    if (this.#offsets.has(choice)) return "";
    const { echo = "" } = this.#context;
    this.#offsets.set(choice, [...echo].length);
    return echo === "" ? "" : this.#choice(choice, echo, null, null);
  }

  #choice(index: number, text: string, logprobs: JsonValue, finish: JsonValue, around: JsonObject = {}): string {
    const choice = { text, index, logprobs, finish_reason: finish, ...around };
    const usage = this.#context.includeUsage ? { usage: null } : {};
    return writeSse(JSON.stringify({ ...this.#head, choices: [choice], ...usage }));
  }

  #end({ losses }: CompletionEnd): string {
    const told = [...losses, ...this.#losses];
    const last: JsonObject = {};
    if (this.#context.includeUsage && this.#usage !== undefined) last.usage = encodeUsage(this.#usage);
    if (told.length > 0) last.parlance = { losses: encodeLosses(told) };
    const event =
      Object.keys(last).length === 0 ? "" : writeSse(JSON.stringify({ ...this.#head, choices: [], ...last }));
    return `${event}${writeSse("[DONE]")}`;
  }
}

function headOf(id: string, created: number, model: string): JsonObject {
  return { id, object: "text_completion", created, model };
}
