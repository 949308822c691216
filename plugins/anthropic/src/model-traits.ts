import type { ModelTraits } from "@parlance/sdk";

interface Generation {
  readonly pattern: RegExp;
  readonly traits: ModelTraits;
}

// Output limits: https://docs.claude.com/en/docs/about-claude/models/overview. Thinking:
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking. Structured outputs:
// https://docs.claude.com/en/docs/build-with-claude/structured-outputs. Sampling: the comments on temperature, top_p and
// top_k in the vendor's SDK. The first pattern that fits holds.
const GENERATIONS: readonly Generation[] = [
  { pattern: /^claude-(?:2|instant)/, traits: { maxOutputTokens: 4096, reasoning: "none", jsonSchema: false } },
  {
    pattern: /^claude-3-(?:opus|sonnet|haiku)/,
    traits: { maxOutputTokens: 4096, reasoning: "none", jsonSchema: false },
  },
  { pattern: /^claude-3-5/, traits: { maxOutputTokens: 8192, reasoning: "none", jsonSchema: false } },
  { pattern: /^claude-3-7/, traits: { maxOutputTokens: 64_000, reasoning: "budget", jsonSchema: false } },
  {
    pattern: /^claude-opus-4-1/,
    traits: { maxOutputTokens: 32_000, reasoning: "budget", sampling: "one_of_temperature_top_p" },
  },
  {
    pattern: /^claude-opus-4(?:-0|-\d{8}|@|$)/,
    traits: { maxOutputTokens: 32_000, reasoning: "budget", jsonSchema: false },
  },
  {
    pattern: /^claude-sonnet-4(?:-0|-\d{8}|@|$)/,
    traits: { maxOutputTokens: 64_000, reasoning: "budget", jsonSchema: false },
  },
  {
    pattern: /^claude-(?:opus|sonnet|haiku)-4-5/,
    traits: { maxOutputTokens: 64_000, reasoning: "budget", sampling: "one_of_temperature_top_p" },
  },
  { pattern: /^claude-opus-4-6/, traits: { maxOutputTokens: 128_000, reasoning: "adaptive", prefill: false } },
  { pattern: /^claude-sonnet-4-6/, traits: { maxOutputTokens: 64_000, reasoning: "adaptive", prefill: false } },
  {
    pattern: /^claude-opus-4-7/,
    traits: { maxOutputTokens: 128_000, reasoning: "adaptive", sampling: "fixed", prefill: false },
  },
];

// Newer models, and those whose name tells nothing, are taken as the newest that are known.
const NEWEST: ModelTraits = {
  maxOutputTokens: 64_000,
  reasoning: "adaptive",
  sampling: "fixed",
  prefill: false,
  systemInConversation: true,
};

/** What a Claude model takes, by its name. */
export function modelTraits(model: string): ModelTraits {
  const found = GENERATIONS.find(({ pattern }) => pattern.test(model));
  return found === undefined ? NEWEST : { systemInConversation: false, ...found.traits };
}
