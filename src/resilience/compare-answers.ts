import type { Exchange } from "../core/exchange.js";
import { costText } from "../core/pricing.js";
import type { ShadowPolicy } from "../core/route-policy.js";
import { FinishReason, type ParlanceError } from "../sdk/index.js";
import type { AnswerKeeper } from "./answer-keeper.js";
import { durationMs } from "./attempt-record.js";

/** Two answers to one request. */
export interface TwoAnswers {
  /** The client's. */
  readonly exchange: Exchange;
  readonly primary: AnswerKeeper;
  /** Of the target that got a copy. */
  readonly copy: Exchange;
  readonly shadow: AnswerKeeper;
  /** How the copy failed; undefined when it was answered. */
  readonly error: ParlanceError | undefined;
  /** Copies that were left out since the last comparison. */
  readonly leftOut: number;
  readonly policy: ShadowPolicy;
}

/** Most characters of a text that is kept. */
const MAX_TEXT = 16_384;

/** The record of a comparison: one line of the log. Texts are part of it only where the operator wants them kept. */
export function compareAnswers(answers: TwoAnswers): Record<string, unknown> {
  const { exchange, copy, error, leftOut, policy } = answers;
  const primary = answers.primary.said();
  const shadow = error === undefined ? answers.shadow.said() : undefined;
  const compared = primary !== undefined && shadow !== undefined;
  return {
    msg: "shadow",
    request_id: exchange.id,
    model: exchange.model,
    operation: exchange.ask.operation,
    stream: exchange.stream,
    primary: answerOf(exchange, primary),
    shadow: { ...answerOf(copy, shadow), error: error?.code, error_message: error?.message },
    same_text: compared ? primary === shadow : undefined,
    text:
      policy.keepText && compared
        ? { primary: primary.slice(0, MAX_TEXT), shadow: shadow.slice(0, MAX_TEXT) }
        : undefined,
    left_out: leftOut === 0 ? undefined : leftOut,
  };
}

/** Of several attempts it is the one that answered: what others took is not its doing. */
function answerOf({ attempts, finish, usage }: Exchange, said: string | undefined): Record<string, unknown> {
  const attempt = attempts.at(-1);
  return {
    target: attempt?.target,
    ttft_ms: durationMs(attempt?.timeToFirstToken),
    duration_ms: durationMs(attempt?.duration),
    input_tokens: usage?.inputTokens,
    output_tokens: usage?.outputTokens,
    characters: said?.length,
    finish: finish === undefined ? undefined : FinishReason[finish.reason]?.toLowerCase(),
    cost: costText(attempt?.cost),
  };
}
