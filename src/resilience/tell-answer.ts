import type { AnswerValue } from "../core/answer.js";
import type { Exchange } from "../core/exchange.js";
import type { Attempt, Cost, Loss } from "../sdk/index.js";

/** Adds to an answer what only the gateway knows: its attempts, what was lost on the way, and what it cost. */
export function tell(
  exchange: Exchange,
  answer: { attempts: Attempt[]; losses: Loss[]; cost?: Cost | undefined },
): void {
  answer.losses.push(...exchange.losses.list);
  retell(exchange, answer);
}

/** Tells attempts and cost anew in an answer that was told those of one attempt only. */
export function retell(exchange: Exchange, answer: { attempts: Attempt[]; cost?: Cost | undefined }): void {
  answer.attempts = exchange.attempts;
  if (exchange.cost !== undefined) answer.cost = exchange.cost;
}

/** The same for an answer that is not streamed. A count of tokens has no room for it. */
export function tellWhole(exchange: Exchange, value: AnswerValue): void {
  if (value.kind === "completion") tell(exchange, value.completion);
  else if (value.kind === "embeddings") tell(exchange, value.result);
}

/** The same as `retell` for an answer that is not streamed. */
export function retellWhole(exchange: Exchange, value: AnswerValue): void {
  if (value.kind === "completion") retell(exchange, value.completion);
  else if (value.kind === "embeddings") retell(exchange, value.result);
}
