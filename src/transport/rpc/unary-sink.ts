import type { AnswerSink, FrameSource, WholeAnswer } from "../../core/answer.js";
import type { ParlanceError } from "../../sdk/index.js";
import type { RpcMethod } from "./completion-methods.js";
import type { RpcAnswer } from "./rpc-answer.js";

/** Answers a call with one message. */
export class UnarySink implements AnswerSink {
  source: FrameSource | undefined;
  readonly #answer: RpcAnswer;
  readonly #method: RpcMethod;

  constructor(answer: RpcAnswer, method: RpcMethod) {
    this.#answer = answer;
    this.#method = method;
  }

  whole(answer: WholeAnswer): void {
    this.#answer.whole(() => this.#method.answer(answer.value()));
  }

  fail(error: ParlanceError): void {
    this.#answer.fail(error);
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
