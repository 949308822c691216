import { ParlanceError } from "../sdk/index.js";
import type { Exchange } from "./exchange.js";
import type { Frame } from "./frame.js";

/**
 * One room's part in an exchange. Asynchronous on the way in; on the way out a plain function over each frame, and
 * one settlement at the end, whatever ended the exchange.
 */
export interface Stage {
  readonly name: string;
  /** May refuse by throwing a `ParlanceError`. */
  enter?(exchange: Exchange): void | Promise<void>;
  /** Sees each frame of a stream before the client does. Asking for `frame.chunks` costs a decode. */
  frame?(exchange: Exchange, frame: Frame): void;
  /** Called once for every stage that was entered, last entered first. Must not throw. */
  settle?(exchange: Exchange): void;
}

/** Answers an exchange through its sink: the end of the line. Throws what could not be answered. */
export type Answerer = (exchange: Exchange, onFrame: ((frame: Frame) => void) | undefined) => Promise<void>;

/** Takes an exchange through the stages to the answerer and back. Never throws: what fails ends in the sink. */
export function createPipeline(stages: readonly Stage[], answer: Answerer): (exchange: Exchange) => Promise<void> {
  const watchers = stages.filter((stage) => stage.frame !== undefined);
  return async (exchange) => {
    let entered = 0;
    try {
      for (const stage of stages) {
        entered += 1;
        const waiting = stage.enter?.(exchange);
        if (waiting !== undefined) await waiting;
      }
      if (exchange.explain !== undefined) {
        if (exchange.explanation === undefined)
          throw new Error("routing did not explain a plan that it was to explain");
        exchange.explain(exchange.explanation);
        return;
      }
      const onFrame =
        watchers.length === 0
          ? undefined
          : (frame: Frame): void => {
              for (const stage of watchers) stage.frame?.(exchange, frame);
            };
      await answer(exchange, onFrame);
    } catch (thrown) {
      const error = ParlanceError.from(thrown);
      exchange.error = error;
      exchange.sink.fail(error);
    } finally {
      exchange.stopDeadline();
      for (let i = entered - 1; i >= 0; i -= 1) stages[i]?.settle?.(exchange);
    }
  };
}
