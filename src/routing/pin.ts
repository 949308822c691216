import type { Exchange } from "../core/exchange.js";
import type { Plan, PlannedTarget } from "../core/target.js";
import { type ChatRequest, dialectName, extensionsOf, type Part } from "../sdk/index.js";

/** Who can read what a conversation holds: providers by name, dialects where the provider is not known. */
interface Makers {
  readonly providers: ReadonlySet<string>;
  readonly dialects: ReadonlySet<string>;
}

/** Fields of requests, in whatever dialect, that name what a provider holds. */
const HELD = ["previous_response_id", "conversation", "cachedContent", "container"];

/** Words that a body holds only if something in it may belong to one provider, for a native search. */
const SIGNS = [
  '"signature"',
  '"redacted_thinking"',
  '"encrypted_content"',
  '"thoughtSignature"',
  '"thought_signature"',
  '"file_id"',
  '"fileUri"',
  '"previous_response_id"',
  '"conversation"',
  '"cachedContent"',
  '"container"',
  '"parlance"',
].map((word) => Buffer.from(word));

/**
 * The plan with those targets first that can read what earlier turns left in the conversation: seals of reasoning,
 * files, caches and stored answers. A soft pin: the others follow in their order, and get the conversation without it.
 * Costs a native search where nothing is pinned, and nothing where there is one target only.
 */
export async function pin(exchange: Exchange, plan: Plan): Promise<Plan> {
  const makers = makersOf(exchange);
  if (makers === undefined) return plan;
  const ranked = await Promise.all(plan.map(async (planned) => [await rankOf(planned, makers), planned] as const));
  if (ranked.every(([rank]) => rank === ranked[0]?.[0])) return plan;
  return [...ranked]
    .sort(([a], [b]) => a - b)
    .map(([rank, planned]) =>
      rank === LAST ? planned : { ...planned, pinned: true, reason: `can read earlier turns, ${planned.reason}` },
    );
}

/** Whether a pin is to be looked for at all. */
export function mayBePinned({ ask }: Exchange, plan: Plan): boolean {
  if (plan.length < 2 || ask.operation === "embed") return false;
  const { wire } = ask;
  return wire === undefined || SIGNS.some((sign) => wire.body.includes(sign));
}

/** The plan with the targets of the provider first that holds the conversation: it need not be told it again. */
export function holderFirst(holder: string, plan: Plan): Plan {
  const holds = ({ target }: PlannedTarget): boolean => target.provider.name === holder;
  if (plan.length < 2 || !plan.some(holds)) return plan;
  const first = plan
    .filter(holds)
    .map((entry) => ({ ...entry, pinned: true, reason: `holds the conversation, ${entry.reason}` }));
  return [...first, ...plan.filter((entry) => !holds(entry))];
}

const LAST = 2;

async function rankOf({ target }: PlannedTarget, { providers, dialects }: Makers): Promise<number> {
  if (providers.has(target.provider.name)) return 0;
  if (dialects.size === 0) return LAST;
  try {
    const { provider } = await target.provider.ready();
    const chat = provider.wire?.chat;
    return chat !== undefined && dialects.has(dialectName(chat)) ? 1 : LAST;
  } catch {
    // A provider that cannot be loaded fails in its attempt, with its reason.
    return LAST;
  }
}

function makersOf(exchange: Exchange): Makers | undefined {
  const providers = new Set<string>();
  const dialects = new Set<string>();
  let chat: ChatRequest;
  try {
    chat = exchange.chat();
  } catch {
    // In the verbatim lane the provider judges the request.
    return undefined;
  }
  const caller = exchange.ask.wire?.dialect.name;
  const note = (dialect: string | undefined, maker?: string): void => {
    if (maker !== undefined) providers.add(maker);
    else if (dialect !== undefined) dialects.add(dialect);
  };
  for (const { parts } of chat.messages) for (const part of parts) notePart(part, caller, note);
  for (const dialect in chat.extensions) {
    const fields = extensionsOf(chat, dialect);
    if (HELD.some((name) => fields?.[name] !== undefined && fields[name] !== null)) note(dialect);
  }
  return providers.size + dialects.size === 0 ? undefined : { providers, dialects };
}

function notePart(
  { kind }: Part,
  caller: string | undefined,
  note: (dialect: string | undefined, maker?: string) => void,
): void {
  switch (kind.case) {
    case "reasoning": {
      const { signature, encryptedContent, dialect, maker } = kind.value;
      if (signature || encryptedContent) note(dialect, maker);
      return;
    }
    case "opaque":
      note(undefined, kind.value.maker);
      return;
    case "image":
    case "file":
      if (kind.value.source.case === "fileId") note(caller);
      return;
    case "toolResult":
      for (const part of kind.value.content) notePart(part, caller, note);
      return;
    default:
      return;
  }
}
