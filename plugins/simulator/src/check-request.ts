import { type ChatRequest, invalid } from "@parlance/sdk";

/** Most choices of one request, as OpenAI has it. */
const MOST_CHOICES = 128;

/** Refuses what no model could answer. Throws `invalid_request` that names the field. */
export function checkRequest(request: ChatRequest): void {
  const { messages, n = 1, maxOutputTokens, topLogprobs, logprobs } = request;
  if (messages.length === 0) throw invalid("messages", "messages must hold at least one message.");
  if (n < 1 || n > MOST_CHOICES) throw invalid("n", `n must be from 1 to ${MOST_CHOICES}; it is ${n}.`);
  if (maxOutputTokens !== undefined && maxOutputTokens < 1) {
    throw invalid("max_output_tokens", `max_output_tokens must be at least 1; it is ${maxOutputTokens}.`);
  }
  if (topLogprobs === undefined) return;
  if (topLogprobs < 0 || topLogprobs > 20) {
    throw invalid("top_logprobs", `top_logprobs must be from 0 to 20; it is ${topLogprobs}.`);
  }
  if (topLogprobs > 0 && logprobs !== true) throw invalid("top_logprobs", "top_logprobs needs logprobs to be true.");
}
