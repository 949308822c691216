import type { AnswerSink, AnswerValue, WholeAnswer } from "../../core/answer.js";
import type { ParlanceError } from "../../sdk/index.js";

/** Hands a whole answer to an RPC handler as a promise. */
export class UnarySink implements AnswerSink {
  onDrain: (() => void) | undefined;
  /** Rejects with the `ParlanceError` that ended the exchange. */
  readonly answer: Promise<AnswerValue>;
  #resolve!: (value: AnswerValue) => void;
  #reject!: (error: ParlanceError) => void;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  whole(answer: WholeAnswer): void {
    this.#resolve(answer.value());
  }

  fail(error: ParlanceError): void {
    this.#reject(error);
  }

  open(): void {
    throw new Error("a unary answer is not streamed");
  }

  frame(): boolean {
    throw new Error("a unary answer is not streamed");
  }

  close(): void {
    throw new Error("a unary answer is not streamed");
  }
}
