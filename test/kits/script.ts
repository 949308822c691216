/** What a scripted model says: from it the kits write an answer in each provider's own wire format. */
export interface Script {
  readonly text?: string;
  readonly reasoning?: string;
  readonly signature?: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: "stop" | "length" | "tool_calls";
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Pieces of a text as a stream would bring them: words with the space before them. */
export function pieces(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/gu) ?? (text === "" ? [] : [text]);
}
