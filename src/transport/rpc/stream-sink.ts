import type { AnswerSink, FrameSource, WholeAnswer } from "../../core/answer.js";
import type { Frame } from "../../core/frame.js";
import type { StreamCompleteResponse } from "../../gen/parlance/v1/completion_service_pb.js";
import { type Chunk, ParlanceError, unfold } from "../../sdk/index.js";
import type { RpcAnswer } from "./rpc-answer.js";

/** Answers a call with a message for each chunk; those of one frame go out in one write. */
export class StreamSink implements AnswerSink {
  source: FrameSource | undefined;
  readonly #answer: RpcAnswer;

  constructor(answer: RpcAnswer) {
    this.#answer = answer;
  }

  whole(answer: WholeAnswer): void {
    try {
      const value = answer.value();
      if (value.kind !== "completion") throw new Error(`a chat was answered with ${value.kind}`);
      this.#answer.open();
      this.#answer.write(unfold(value.completion).map(toMessage));
      this.#answer.close();
    } catch (thrown) {
      this.#answer.fail(ParlanceError.from(thrown));
    }
  }

  open(): void {
    this.#answer.response.on("drain", () => this.source?.resume());
    this.#answer.open();
  }

  frame(frame: Frame): boolean {
    return this.#answer.write(frame.chunks.map(toMessage));
  }

  close(): void {
    this.#answer.close();
  }

  fail(error: ParlanceError): void {
    this.#answer.fail(error);
  }
}

function toMessage(chunk: Chunk): StreamCompleteResponse {
  return { $typeName: "parlance.v1.StreamCompleteResponse", chunk };
}
