import type { ModelTraits } from "@parlance/sdk";

/** Models whose names begin so, and what they can do. */
type Family = readonly [front: string, traits: ModelTraits];

/**
 * The first that fits counts. Sources, all under https://docs.cohere.com/docs: limits of output are in models; which
 * models reason in reasoning (`command-a-plus` does so unasked). No model takes `response_format` beside tools:
 * structured-outputs.
 */
const FAMILIES: readonly Family[] = [
  ["command-a-reasoning", { maxOutputTokens: 32_000, reasoning: "budget" }],
  ["command-a-plus", { reasoning: "budget" }],
  ["command-a-03-2025", { maxOutputTokens: 8000, reasoning: "none" }],
  ["command-a-vision", { maxOutputTokens: 8000, reasoning: "none" }],
  ["command-a-translate", { maxOutputTokens: 8000, reasoning: "none" }],
  ["command-r", { maxOutputTokens: 4000, reasoning: "none" }],
  ["c4ai-aya", { maxOutputTokens: 4000, reasoning: "none" }],
];

/** What a model can do, told by its name alone. Of models of a customer's own nothing is known but the wire's own limits. */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  const found = FAMILIES.find(([front]) => name.startsWith(front));
  return { toolsWithFormat: false, ...found?.[1] };
}
