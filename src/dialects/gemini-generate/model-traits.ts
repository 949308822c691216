import type { ModelTraits } from "../../sdk/index.js";

/** What some models can do. */
interface Generation extends ModelTraits {
  /** First version that is so, as major * 100 + minor. */
  readonly since: number;
  /** The family that it is true of, such as `pro`. Absent means every one. */
  readonly family?: string;
}

const BUDGET = { maxOutputTokens: 65_536, reasoning: "budget", jsonSchema: true, toolsWithFormat: false } as const;
const LEVEL = { maxOutputTokens: 65_536, reasoning: "adaptive", jsonSchema: true } as const;

/**
 * Newest first; the first that fits counts. Sources, all under https://ai.google.dev/gemini-api/docs:
 * - limits of output: models.
 * - reasoning: thinking (levels from 3 on, of which the Pro models know fewer; budgets before, which 2.5 Flash may set
 *   to none and 2.5 Pro may not; none before 2.5).
 * - JSON schemas: structured-output (from 2.0 on), beside tools structured-output#structured_outputs_with_tools (from 3
 *   on).
 */
const GENERATIONS: readonly Generation[] = [
  { since: 301, family: "pro", ...LEVEL, efforts: ["low", "medium", "high"] },
  { since: 300, family: "pro", ...LEVEL, efforts: ["low", "high"] },
  { since: 300, ...LEVEL, efforts: ["minimal", "low", "medium", "high"] },
  { since: 205, family: "pro", ...BUDGET, efforts: ["minimal", "low", "medium", "high"] },
  { since: 205, ...BUDGET, efforts: ["none", "minimal", "low", "medium", "high"] },
  { since: 200, maxOutputTokens: 8192, reasoning: "none", jsonSchema: true, toolsWithFormat: false },
  { since: 0, maxOutputTokens: 8192, reasoning: "none", jsonSchema: false, toolsWithFormat: false },
];

// `gemini-3.1-pro-preview`, `gemini-2.5-flash-lite`, `gemini-1.5-flash-8b`; carriers write `google/gemini-2.5-pro`.
const NAME = /gemini-(\d{1,2})(?:\.(\d{1,2}))?(?:-([a-z]+))?/;
// `gemini-pro-latest` and `gemini-flash-latest` follow the newest generation.
const LATEST = /gemini-([a-z]+)/;
/** Speaks and paints; of what else they can nothing is told by their names. */
const OTHER_OUTPUT = /-(?:image|tts|audio|live)\b/;

/**
 * What a model can do, told by its name alone. A Gemini without a version in its name is taken as the newest; of other
 * models that the dialect reaches nothing is known.
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  const found = NAME.exec(name);
  if (found === null) {
    const family = LATEST.exec(name)?.[1];
    return family === undefined ? {} : traitsOf(Number.POSITIVE_INFINITY, family);
  }
  if (OTHER_OUTPUT.test(name)) return {};
  return traitsOf(Number(found[1]) * 100 + Number(found[2] ?? 0), found[3]);
}

function traitsOf(version: number, family: string | undefined): ModelTraits {
  const found = GENERATIONS.find((one) => version >= one.since && (one.family === undefined || one.family === family));
  const { since: _, family: __, ...traits } = found as Generation;
  return traits;
}
