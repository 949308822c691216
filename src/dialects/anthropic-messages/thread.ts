import { type ChatRequest, extensionsOf, ParlanceError } from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/**
 * Refuses a message thread before a provider that is not Anthropic: its later turns bring their new messages alone. The
 * vendor's client then sends the whole conversation. Source: `ThreadUnsupportedRequestError` of `@anthropic-ai/sdk` 1.11.
 */
export function refusalElsewhere(request: ChatRequest): ParlanceError | undefined {
  const thread = extensionsOf(request, DIALECT)?.thread;
  if (thread === undefined || thread === null) return undefined;
  return new ParlanceError(
    "unsupported",
    "This model's provider holds no message threads. Send the whole conversation, without thread.",
    { field: "thread", callerCode: "thread_unsupported_request" },
  );
}
