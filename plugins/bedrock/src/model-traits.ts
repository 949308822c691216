import type { ModelTraits } from "@parlance/sdk";
import { makerOf } from "./converse/family.js";

/** What a generation of models can do. */
interface Generation extends ModelTraits {
  /** First version that is so, as major * 100 + minor. */
  readonly since: number;
}

const NEW_CLAUDE = { reasoning: "adaptive", jsonSchema: true, prefill: false } as const;
const BUDGET_CLAUDE = { reasoning: "budget", systemInConversation: false, prefill: true } as const;

/**
 * Newest first; the first that fits counts. A limit of output is nowhere among them, since the wire's default is the
 * most that the model can. Sources under https://docs.aws.amazon.com/bedrock/latest/userguide: structured-output.html,
 * claude-messages-extended-thinking.html and claude-messages-adaptive-thinking.html; sampling, prefill and system
 * messages in the conversation as Anthropic tells them of the same models
 * (https://platform.claude.com/docs/en/about-claude/models/migration-guide).
 */
const CLAUDE: readonly Generation[] = [
  { since: 408, ...NEW_CLAUDE, sampling: "fixed", systemInConversation: true },
  { since: 407, ...NEW_CLAUDE, sampling: "fixed", systemInConversation: false },
  { since: 406, ...NEW_CLAUDE, sampling: "one_of_temperature_top_p", systemInConversation: false },
  { since: 405, ...BUDGET_CLAUDE, sampling: "one_of_temperature_top_p", jsonSchema: true },
  { since: 401, ...BUDGET_CLAUDE, sampling: "one_of_temperature_top_p", jsonSchema: false },
  { since: 307, ...BUDGET_CLAUDE, jsonSchema: false },
  { since: 0, reasoning: "none", jsonSchema: false, systemInConversation: false, prefill: true },
];

// `us.anthropic.claude-opus-4-1-20250805-v1:0` (a date is no minor version), `anthropic.claude-3-5-haiku-20241022-v1:0`,
// `anthropic.claude-v2`, `us.anthropic.claude-sonnet-5`.
const CLAUDE_NAME = /claude-(?:instant-|v|[a-z]+-)?(\d{1,2})(?:[-.:](\d{1,2})(?!\d))?/;

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html, .../prompting-precision.html */
const NOVA_2: ModelTraits = {
  reasoning: "adaptive",
  efforts: ["low", "medium", "high"],
  jsonSchema: false,
  prefill: false,
};
const PLAIN: ModelTraits = { reasoning: "none", jsonSchema: false };
/** Makers whose models obey schemas, and reason as they do: .../structured-output.html, and as recorded. */
const SCHEMA_MAKERS = /(?:^|\.)(?:openai|qwen|deepseek\.v3|google|minimax|moonshot(?:ai)?|nvidia|zai)\b/;
/** Mistral's newer models; the older ones know nothing of schemas. */
const SCHEMA_MISTRAL = /mistral\.(?:magistral|ministral-3|mistral-large-3|voxtral|devstral-2)/;
const PLAIN_MAKERS: ReadonlySet<string> = new Set(["amazon", "meta", "ai21", "cohere", "mistral"]);

/**
 * What a model can do, told by its id alone. Words of the application in the middle of a conversation are taken as the
 * user's where nothing else is known: Converse had no role for them before.
 */
export function modelTraits(model: string): ModelTraits {
  const id = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  const maker = makerOf(model);
  if (maker === "anthropic") return claudeTraits(id);
  if (/nova-2-/.test(id)) return NOVA_2;
  if (maker === "openai") return { reasoning: "adaptive", efforts: ["low", "medium", "high"], jsonSchema: true };
  if (SCHEMA_MAKERS.test(id) || SCHEMA_MISTRAL.test(id)) return { jsonSchema: true };
  return maker !== undefined && PLAIN_MAKERS.has(maker) ? PLAIN : {};
}

function claudeTraits(id: string): ModelTraits {
  const found = CLAUDE_NAME.exec(id);
  const version = found === null ? Number.POSITIVE_INFINITY : Number(found[1]) * 100 + Number(found[2] ?? 0);
  const { since: _, ...traits } = CLAUDE.find(({ since }) => version >= since) as Generation;
  return traits;
}
