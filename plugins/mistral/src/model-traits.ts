import type { ModelTraits } from "@parlance/sdk";

/**
 * What Mistral's server takes of the dialect that it is like. Members that it does not know are an error 422 there
 * ("Extra inputs are not permitted"), so that they must not be sent: https://docs.mistral.ai/api/ (chat completion).
 */
export const MODEL_TRAITS: ModelTraits = {
  maxTokensField: "max_tokens",
  developerRole: false,
  prefill: true,
  renames: { max_completion_tokens: "max_tokens", seed: "random_seed" },
  // Reasoning is a piece of the content, in answers and in what comes back:
  // https://docs.mistral.ai/capabilities/reasoning/
  reasoningField: "thinking",
  refuses: [
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "modalities",
    "safety_identifier",
    "service_tier",
    "store",
    "stream_options",
    "top_logprobs",
    "user",
    "verbosity",
    "web_search_options",
  ],
};
