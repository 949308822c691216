import type { ModelTraits } from "@parlance/sdk";

/**
 * Reasoning models: the o-series and gpt-5 and later, but for their `-chat` variants. A provider's prefix
 * (`openai/o3`) and a fine-tune's (`ft:o4-mini-2025-04-16:acme::id`) may stand before.
 */
const REASONING = /^(?:.*\/)?(?:ft:)?(?:o[1-9]\d*(?=$|[-:.])|gpt-[5-9](?!(?:\.\d+)?-chat)(?=$|[-:.])|codex-mini)/;

// "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
// and `temperature`, `top_p`, penalties and `stop` refused: https://platform.openai.com/docs/guides/reasoning.
// System messages become developer messages: https://platform.openai.com/docs/guides/text (message roles).
const REASONING_TRAITS: ModelTraits = {
  maxTokensField: "max_completion_tokens",
  systemRole: "developer",
  sampling: "fixed",
};

// OpenAI calls max_tokens deprecated and still takes it for these; many compatible servers know no other name
// (https://platform.openai.com/docs/api-reference/chat/create), nor the role developer.
const OTHER_TRAITS: ModelTraits = { maxTokensField: "max_tokens", systemRole: "system", sampling: "any" };

/**
 * OpenAI's own models that chat only: "This is a chat model and not supported in the v1/completions endpoint."
 * https://platform.openai.com/docs/models (endpoints of each model). With a prefix the server is another's.
 */
const CHAT_ONLY =
  /^(?:ft:)?(?:gpt-3\.5-turbo(?!-instruct)|gpt-[4-9](?=$|[-:.o])|chatgpt-|o[1-9]\d*(?=$|[-:.])|codex-mini)/;

/** What a model can do, told by its name alone; the server may be OpenAI's or a compatible one. */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  const traits = REASONING.test(name) ? REASONING_TRAITS : OTHER_TRAITS;
  return CHAT_ONLY.test(name) ? { ...traits, completions: false } : traits;
}
