import { ParlanceError } from "../../sdk/index.js";
import type { Exchange } from "../exchange.js";
import { estimateTokens } from "./estimate-tokens.js";
import type { LaneEvents } from "./lane.js";

/** A count by the length of the prompt, for providers that cannot count. */
export function estimate(exchange: Exchange): {
  readonly kind: "token_count";
  readonly inputTokens: number;
  readonly estimated: true;
} {
  return { kind: "token_count", inputTokens: estimateTokens(exchange.chat()), estimated: true };
}

/**
 * Passes on what comes of a provider's count. Many servers speak a dialect without its count: theirs is estimated, as
 * clients that fit their prompts by it would rather have a rough number than none.
 */
export function estimateInstead(events: LaneEvents, exchange: Exchange): LaneEvents {
  return {
    head: (status, upstreamRequestId, forCaller) => events.head(status, upstreamRequestId, forCaller),
    frame: (frame, content) => events.frame(frame, content),
    end: () => events.end(),
    whole: (answer) => events.whole(answer),
    fail: (error) => {
      if (!hasNoCount(error)) return events.fail(error);
      try {
        const value = estimate(exchange);
        events.whole({ bytes: undefined, contentType: "", value: () => value });
      } catch (thrown) {
        // The request went up unread; that it is none comes out only here.
        events.fail(ParlanceError.from(thrown));
      }
    },
  };
}

/**
 * Whether the address of the count, and not the model, is what the provider does not have, or it says that it cannot
 * count for this model.
 */
function hasNoCount({ code, facts }: ParlanceError): boolean {
  const { providerStatus: status } = facts;
  return code === "unsupported" || (status === 404 && code !== "model_not_found") || status === 405 || status === 501;
}
