import type { ModelTraits } from "../../sdk/index.js";

/** What a generation of models can do. */
interface Generation extends ModelTraits {
  /** First version that is so, as major * 100 + minor. */
  readonly since: number;
  /** The family that it is true of. Absent means every one. */
  readonly family?: string;
}

/**
 * Newest first; the first that fits counts. Sources, all under https://platform.claude.com/docs/en:
 * - limits of output: about-claude/models/overview, and each model's page (models/opus-4-8/overview ...).
 * - sampling: api/messages/create and models/opus-4-7/migration-guide (non-default temperature, top_p and top_k are
 *   refused from Opus 4.7 on); models/sonnet-4-5/migration-guide (temperature or top_p, not both, from Opus 4.1 on).
 * - reasoning: build-with-claude/adaptive-thinking (4.6 and later; budgets are refused from Opus 4.7 on) and
 *   build-with-claude/extended-thinking (budgets, 3.7 to 4.5).
 * - JSON schemas: build-with-claude/structured-outputs (4.5 and later).
 * - system messages in the conversation: taken by Opus 4.8 and later, refused by earlier ones, as recorded.
 * - prefill: api/errors#prefill-not-supported (refused from 4.6 on).
 */
const GENERATIONS: readonly Generation[] = [
  {
    since: 408,
    maxOutputTokens: 128_000,
    sampling: "fixed",
    reasoning: "adaptive",
    jsonSchema: true,
    systemInConversation: true,
    prefill: false,
  },
  {
    since: 407,
    maxOutputTokens: 128_000,
    sampling: "fixed",
    reasoning: "adaptive",
    jsonSchema: true,
    systemInConversation: false,
    prefill: false,
  },
  {
    since: 406,
    maxOutputTokens: 128_000,
    sampling: "one_of_temperature_top_p",
    reasoning: "adaptive",
    jsonSchema: true,
    systemInConversation: false,
    prefill: false,
  },
  {
    since: 405,
    maxOutputTokens: 64_000,
    sampling: "one_of_temperature_top_p",
    reasoning: "budget",
    jsonSchema: true,
    systemInConversation: false,
    prefill: true,
  },
  {
    since: 401,
    maxOutputTokens: 32_000,
    sampling: "one_of_temperature_top_p",
    reasoning: "budget",
    jsonSchema: false,
    systemInConversation: false,
    prefill: true,
  },
  {
    since: 400,
    family: "opus",
    maxOutputTokens: 32_000,
    sampling: "any",
    reasoning: "budget",
    jsonSchema: false,
    systemInConversation: false,
    prefill: true,
  },
  {
    since: 307,
    maxOutputTokens: 64_000,
    sampling: "any",
    reasoning: "budget",
    jsonSchema: false,
    systemInConversation: false,
    prefill: true,
  },
  {
    since: 305,
    maxOutputTokens: 8192,
    sampling: "any",
    reasoning: "none",
    jsonSchema: false,
    systemInConversation: false,
    prefill: true,
  },
  {
    since: 0,
    maxOutputTokens: 4096,
    sampling: "any",
    reasoning: "none",
    jsonSchema: false,
    systemInConversation: false,
    prefill: true,
  },
];

// `claude-opus-4-8`, `claude-sonnet-4-20250514` (a date is no minor version), `claude-3-5-haiku-latest`, `claude-2.1`;
// carriers write `us.anthropic.claude-opus-4-1-20250805-v1:0` and `claude-opus-4-1@20250805`.
const NAME = /claude-(?:instant-|([a-z]+)-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?:-([a-z]+))?/;
const NEWEST = /claude-[a-z]/;

/**
 * What a model can do, told by its name alone. A Claude without a version in its name is taken as the newest; of the
 * models of other servers that speak the dialect nothing is known.
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  const found = NAME.exec(name);
  if (found === null) return NEWEST.test(name) ? traitsOf(GENERATIONS[0] as Generation) : {};
  const version = Number(found[2]) * 100 + Number(found[3] ?? 0);
  const family = found[1] ?? found[4];
  const generation = GENERATIONS.find(
    (one) => version >= one.since && (one.family === undefined || one.family === family),
  );
  return traitsOf(generation as Generation);
}

function traitsOf({ since: _, family: __, ...traits }: Generation): ModelTraits {
  return traits;
}
