import type { IncomingHttpHeaders } from "node:http";

/** How long a client waits by its own clock, as far as it tells. Milliseconds. */
export interface ClientTimeout {
  /** For the first of the answer. */
  readonly answerWithinMs: number | undefined;
  /** For all of it. */
  readonly timeoutMs: number | undefined;
  /** After which its leaving is taken for the end of its patience, and not for a change of mind. */
  readonly patienceMs: number | undefined;
}

const NONE: ClientTimeout = { answerWithinMs: undefined, timeoutMs: undefined, patienceMs: undefined };
const DECIMAL = /^\d{1,7}(?:\.\d{1,6})?$/;
const WHOLE = /^\d+$/;
const SECOND = 1000;
/** Its clock began before ours: the request was on its way. */
const SEEN_OF_IT = 0.75;

/**
 * Reads the timeout that vendors' SDKs tell. What is no number above 0 says nothing.
 *
 * `x-stainless-timeout`, of OpenAI's and Anthropic's SDKs, is in seconds. In JavaScript it is the time to the head of the
 * answer, cut to whole seconds, so that 0 is anything below one (`makeRequest` and `buildHeaders` in
 * https://github.com/openai/openai-node/blob/master/src/client.ts); in Python it is the longest silence between two reads
 * (https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py). In neither does it limit a stream that has
 * begun. OpenAI's JavaScript sends it where the request has a timeout of its own, and not where the client has one for all;
 * Anthropic's always. Each retry of theirs sends it anew. The second that may have been cut is given back, so that a client sees its own
 * timeout.
 *
 * `x-server-timeout`, of Google's SDKs, is in seconds, cut up, and is meant for the whole call
 * (https://github.com/googleapis/js-genai/blob/main/src/_api_client.ts).
 */
export function readClientTimeout(headers: IncomingHttpHeaders): ClientTimeout {
  const first = headers["x-stainless-timeout"];
  const all = headers["x-server-timeout"];
  if (first === undefined && all === undefined) return NONE;
  const seconds = secondsOf(first);
  const whole = seconds !== undefined && WHOLE.test(String(first).trim());
  const total = secondsOf(all);
  return {
    answerWithinMs: seconds === undefined ? undefined : (whole ? seconds + 1 : seconds) * SECOND,
    timeoutMs: total === undefined ? undefined : total * SECOND,
    // A whole second less than was told may be meant by the latter.
    patienceMs: patience(seconds ?? (total !== undefined && total > 1 ? total - 1 : undefined)),
  };
}

function patience(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * SECOND * SEEN_OF_IT;
}

function secondsOf(value: string | string[] | undefined): number | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  const seconds = DECIMAL.test(text) ? Number(text) : 0;
  return seconds > 0 ? seconds : undefined;
}
