import type { ModelTraits } from "@parlance/sdk";

/**
 * What a model can do, told by its name alone. GPT-OSS thinks by steps and always; all others switch thinking on or off,
 * if they can: https://docs.ollama.com/capabilities/thinking. What else a model can, only a call of `/api/show` tells.
 */
export function modelTraits(model: string): ModelTraits {
  return /(?:^|\/)gpt-oss\b/i.test(model) ? { reasoning: "adaptive", efforts: ["low", "medium", "high"] } : {};
}
