/** What a recorded chat completion of OpenAI's wire says, or what a stream's deltas add up to. Read by nothing of the gateway's. */
export interface ChatAnswer {
  /** What is to be read: the words of sound at its end. */
  text: string;
  /** The words of sound alone. */
  transcript: string;
  readonly calls: { name: string; arguments: string }[];
  finish: string | null | undefined;
  usage: Usage | null | undefined;
}

interface Usage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
  /** As Mistral names it. */
  readonly num_cached_tokens?: number;
}

interface Message {
  readonly content?: unknown;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[] | null;
  readonly function_call?: ToolCall["function"] | null;
  readonly audio?: { readonly transcript?: string } | null;
}

interface ToolCall {
  readonly index?: number;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null };
}

/** What a whole answer says. */
export function saidWhole(body: unknown): ChatAnswer {
  const [choice] = choicesOf(body);
  const said: ChatAnswer = { text: "", transcript: "", calls: [], finish: choice?.finish_reason, usage: usageOf(body) };
  add(said, choice?.message ?? {});
  return said;
}

/** What the first choice of a stream says. */
export function saidStreamed(sse: string): ChatAnswer {
  const said: ChatAnswer = { text: "", transcript: "", calls: [], finish: undefined, usage: undefined };
  for (const event of eventsOf(sse)) {
    said.usage = usageOf(event) ?? said.usage;
    for (const choice of choicesOf(event)) {
      if ((choice.index ?? 0) !== 0) continue;
      add(said, choice.delta ?? choice.message ?? {});
      said.finish = choice.finish_reason || said.finish;
    }
  }
  return said;
}

function add(said: ChatAnswer, message: Message): void {
  said.text += textOf(message.content) + (message.refusal ?? "") + (message.audio?.transcript ?? "");
  said.transcript += message.audio?.transcript ?? "";
  if (message.function_call?.name) said.calls.push({ name: message.function_call.name, arguments: "" });
  const legacy = said.calls.at(-1);
  if (legacy !== undefined) legacy.arguments += message.function_call?.arguments ?? "";
  for (const [position, call] of (message.tool_calls ?? []).entries()) {
    const index = call.index ?? (call.function?.name ? said.calls.length : said.calls.length - 1 - position);
    const known = (said.calls[index] ??= { name: "", arguments: "" });
    known.name ||= call.function?.name ?? "";
    known.arguments += call.function?.arguments ?? "";
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as { type?: string; text?: string }[])
    .map((part) => (part.type === "text" ? (part.text ?? "") : ""))
    .join("");
}

interface Choice {
  readonly index?: number;
  readonly message?: Message;
  readonly delta?: Message;
  readonly finish_reason?: string | null;
}

/** The choices of an answer or of an event. */
export function choicesOf(body: unknown): readonly Choice[] {
  const choices = (body as { choices?: unknown } | null | undefined)?.choices;
  return Array.isArray(choices) ? (choices as Choice[]) : [];
}

function usageOf(body: unknown): Usage | null | undefined {
  return (body as { usage?: Usage | null } | null | undefined)?.usage;
}

function eventsOf(sse: string): unknown[] {
  return sse
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:") && !line.includes("[DONE]"))
    .map((line) => JSON.parse(line.slice(5)) as unknown);
}
