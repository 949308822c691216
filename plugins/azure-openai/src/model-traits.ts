import type { ModelTraits } from "@parlance/sdk";

/**
 * OpenAI's reasoning models: the o-series and gpt-5 and later, but for their `-chat` variants. A deployment that bears
 * another name is known by the model's name through the setting `deployments`.
 */
const REASONING = /^(?:o[1-9]\d*(?=$|[-_.])|gpt-[5-9](?!(?:\.\d+)?-chat)(?=$|[-_.])|codex-mini)/;
/** The others of OpenAI's that chat only: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/models */
const CHAT = /^(?:gpt-35-turbo(?!-instruct)|gpt-3\.5-turbo(?!-instruct)|gpt-[4-9](?=$|[-_.o])|model-router)/;

/**
 * What a model can do, told by its name alone: what reasoning models refuse is in
 * https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning. Deployments of any other name, and other makers'
 * models, take what every compatible server takes.
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  if (REASONING.test(name)) {
    return { maxTokensField: "max_completion_tokens", systemRole: "developer", sampling: "fixed", completions: false };
  }
  const traits: ModelTraits = { maxTokensField: "max_tokens", systemRole: "system", sampling: "any" };
  return CHAT.test(name) ? { ...traits, completions: false } : traits;
}
