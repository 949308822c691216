import type { Completion, JsonObject, Usage } from "../../sdk/index.js";
import { finishWord } from "../openai-chat/finish.js";
import { encodeLosses } from "../openai-chat/response-encode.js";

const NANO = 1_000_000_000;

/** The members of a plain answer that follow its content: what is known once it is whole. */
export function summarise({ choices, usage, attempts, cost, losses }: Completion): JsonObject {
  const last = attempts[attempts.length - 1];
  const out: JsonObject = {
    finish_reason: finishWord(choices[0]?.finish),
    usage: usage === undefined ? null : usageOf(usage),
    provider: last?.provider ?? null,
  };
  // Dollars; absent where no price is known, which is not the same as free.
  if (cost?.nanoDollars !== undefined) out.cost = Number(cost.nanoDollars) / NANO;
  if (last !== undefined) {
    // From the start of the first attempt to the end of the last.
    const begun = millisecondsOf(attempts[0]?.startTime);
    out.latency_ms = Math.round(millisecondsOf(last.startTime) + millisecondsOf(last.duration) - begun);
  }
  if (losses.length > 0) out.losses = encodeLosses(losses);
  return out;
}

/** What the provider did not count is null, which is not the same as 0. */
function usageOf({ inputTokens, outputTokens }: Usage): JsonObject {
  return {
    prompt_tokens: inputTokens ?? null,
    completion_tokens: outputTokens ?? null,
    total_tokens: inputTokens === undefined || outputTokens === undefined ? null : inputTokens + outputTokens,
  };
}

function millisecondsOf(time: { readonly seconds: bigint; readonly nanos: number } | undefined): number {
  return time === undefined ? 0 : Number(time.seconds) * 1000 + time.nanos / 1_000_000;
}
