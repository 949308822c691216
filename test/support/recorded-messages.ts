/** What a recorded message of Anthropic's wire says, or what a stream's events add up to. Read by nothing of the gateway's. */
export interface MessageAnswer {
  text: string;
  reasoning: string;
  readonly calls: { name: string; arguments: string }[];
  stop: string | null | undefined;
  /** All that the prompt took, from the cache and into it included. */
  input: number | undefined;
  output: number | undefined;
}

interface Usage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
}

interface Block {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly name?: string;
  readonly input?: unknown;
}

interface Message {
  readonly content?: readonly Block[];
  readonly stop_reason?: string | null;
  readonly usage?: Usage;
}

interface Event {
  readonly type?: string;
  readonly index?: number;
  readonly message?: Message;
  readonly content_block?: Block;
  readonly delta?: Block & { readonly partial_json?: string; readonly stop_reason?: string | null };
  readonly usage?: Usage;
}

/** What a whole answer says. */
export function saidWhole(body: unknown): MessageAnswer {
  const { content = [], stop_reason: stop, usage = {} } = body as Message;
  const said: MessageAnswer = { ...NOTHING, calls: [], stop, ...tokens(usage) };
  for (const block of content) {
    said.text += block.type === "text" ? (block.text ?? "") : "";
    said.reasoning += block.type === "thinking" ? (block.thinking ?? "") : "";
    if (block.type === "tool_use") said.calls.push({ name: block.name ?? "", arguments: JSON.stringify(block.input) });
  }
  return said;
}

/** What a stream says. */
export function saidStreamed(sse: string): MessageAnswer {
  const said: MessageAnswer = { ...NOTHING, calls: [] };
  const calls = new Map<number, { name: string; arguments: string }>();
  let usage: Usage = {};
  for (const line of sse.split(/\r\n|\r|\n/)) {
    if (!line.startsWith("data:")) continue;
    const { index = 0, message, content_block: block, delta, usage: told } = JSON.parse(line.slice(5)) as Event;
    usage = { ...usage, ...given(message?.usage), ...given(told) };
    if (block?.type === "tool_use") {
      const call = { name: block.name ?? "", arguments: "" };
      calls.set(index, call);
      said.calls.push(call);
    }
    said.text += (block?.text ?? "") + (delta?.type === "text_delta" ? (delta.text ?? "") : "");
    said.reasoning += (block?.thinking ?? "") + (delta?.thinking ?? "");
    const call = calls.get(index);
    if (call !== undefined) call.arguments += delta?.partial_json ?? "";
    said.stop = delta?.stop_reason ?? said.stop;
  }
  return { ...said, ...tokens(usage) };
}

const NOTHING = { text: "", reasoning: "", stop: undefined, input: undefined, output: undefined };

function given(usage: Usage | undefined): Usage {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== null));
}

function tokens(usage: Usage): { input: number | undefined; output: number | undefined } {
  const { input_tokens: fresh, cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage;
  const input = fresh == null ? undefined : fresh + (read ?? 0) + (written ?? 0);
  return { input, output: usage.output_tokens ?? undefined };
}
