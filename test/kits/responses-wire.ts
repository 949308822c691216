import { pieces, type Script } from "./script.js";

type Item = Record<string, unknown> & { type: string; id: string };

/** How often an answer was made, so that each has an id of its own. */
let made = 0;

/** A whole answer as OpenAI's Responses write it (https://platform.openai.com/docs/api-reference/responses/object). */
export function responsesAnswer(script: Script, more: Record<string, unknown> = {}): Record<string, unknown> {
  made += 1;
  return {
    id: `resp_kit${made}`,
    object: "response",
    created_at: 1_700_000_000,
    ...endingOf(script),
    error: null,
    model: "upstream-model-2025",
    output: items(script),
    parallel_tool_calls: true,
    previous_response_id: null,
    store: true,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    usage: {
      input_tokens: script.inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: script.outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: script.inputTokens + script.outputTokens,
    },
    ...more,
  };
}

/** The same answer as a stream (https://platform.openai.com/docs/api-reference/responses-streaming). */
export function responsesStream(script: Script, more: Record<string, unknown> = {}): string {
  const whole = responsesAnswer(script, more);
  const begun = { ...whole, status: "in_progress", incomplete_details: null, output: [], usage: null };
  const events: { type: string }[] = [];
  const event = (type: string, members: object): void => {
    events.push({ type, ...members, sequence_number: events.length } as { type: string });
  };
  event("response.created", { response: begun });
  event("response.in_progress", { response: begun });
  items(script).forEach((item, index) => {
    const at = { item_id: item.id, output_index: index };
    event("response.output_item.added", { output_index: index, item: emptied(item) });
    if (item.type === "message") {
      const [piece] = item.content as { type: string; text?: string; refusal?: string }[];
      const kind = piece?.type === "refusal" ? "refusal" : "output_text";
      const text = piece?.text ?? piece?.refusal ?? "";
      const place = { ...at, content_index: 0 };
      const empty = kind === "refusal" ? { ...piece, refusal: "" } : { ...piece, text: "" };
      event("response.content_part.added", { ...place, part: empty });
      for (const delta of pieces(text)) event(`response.${kind}.delta`, { ...place, delta });
      event(`response.${kind}.done`, kind === "refusal" ? { ...place, refusal: text } : { ...place, text });
      event("response.content_part.done", { ...place, part: piece });
    } else if (item.type === "function_call") {
      for (const delta of pieces(item.arguments as string))
        event("response.function_call_arguments.delta", { ...at, delta });
      event("response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments });
    } else {
      const [piece] = item.summary as { text: string }[];
      const place = { ...at, summary_index: 0 };
      event("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } });
      for (const delta of pieces(piece?.text ?? ""))
        event("response.reasoning_summary_text.delta", { ...place, delta });
      event("response.reasoning_summary_text.done", { ...place, text: piece?.text });
      event("response.reasoning_summary_part.done", { ...place, part: piece });
    }
    event("response.output_item.done", { output_index: index, item });
  });
  event(script.finish === "length" ? "response.incomplete" : "response.completed", { response: whole });
  return events.map((value) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`).join("");
}

function endingOf({ finish }: Script): object {
  return finish === "length"
    ? { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }
    : { status: "completed", incomplete_details: null };
}

function items(script: Script): Item[] {
  const out: Item[] = [];
  if (script.reasoning !== undefined) {
    out.push({
      type: "reasoning",
      id: "rs_kit",
      summary: [{ type: "summary_text", text: script.reasoning }],
      encrypted_content: script.signature ?? "gAAAAsealed",
    });
  }
  if (script.text !== undefined) {
    out.push(message({ type: "output_text", text: script.text, annotations: [], logprobs: [] }));
  }
  if (script.refusal !== undefined) out.push(message({ type: "refusal", refusal: script.refusal }));
  (script.toolCalls ?? []).forEach((call, index) =>
    out.push({
      type: "function_call",
      id: `fc_kit${index}`,
      call_id: call.id,
      name: call.name,
      arguments: call.arguments,
      status: "completed",
    }),
  );
  return out;
}

function message(piece: object): Item {
  return { type: "message", id: "msg_kit", status: "completed", role: "assistant", content: [piece] };
}

function emptied(item: Item): Item {
  if (item.type === "message") return { ...item, status: "in_progress", content: [] };
  if (item.type === "reasoning") return { ...item, summary: [], encrypted_content: "" };
  return { ...item, status: "in_progress", arguments: "" };
}
