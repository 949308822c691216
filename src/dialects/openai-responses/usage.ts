import { create, type JsonObject, type JsonValue, type Usage, UsageSchema } from "../../sdk/index.js";
import { asObject, isCount } from "../openai-chat/checks.js";
import { formOf, restore, WireObject } from "./own.js";

type Count = "cacheReadTokens" | "cacheWriteTokens" | "reasoningTokens" | "inputAudioTokens" | "outputAudioTokens";

/** Counts in the two objects of details. Source: https://platform.openai.com/docs/api-reference/responses/object */
const DETAILS: readonly { readonly member: string; readonly counts: Readonly<Record<string, Count>> }[] = [
  {
    member: "input_tokens_details",
    counts: {
      cached_tokens: "cacheReadTokens",
      cache_write_tokens: "cacheWriteTokens",
      audio_tokens: "inputAudioTokens",
    },
  },
  {
    member: "output_tokens_details",
    counts: { reasoning_tokens: "reasoningTokens", audio_tokens: "outputAudioTokens" },
  },
];

/** Counts that clients read without looking whether they are there. */
const ALWAYS: ReadonlySet<string> = new Set(["cached_tokens", "reasoning_tokens"]);

/** The member `usage` of an answer. */
export function decodeUsage(value: JsonValue): Usage {
  const wire = new WireObject(asObject(value, "usage"), "usage");
  const usage = create(UsageSchema);
  wire.note("own", true);
  const input = wire.takeIf("input_tokens", isCount);
  const output = wire.takeIf("output_tokens", isCount);
  if (input !== undefined) usage.inputTokens = input;
  if (output !== undefined) usage.outputTokens = output;
  for (const { member, counts } of DETAILS) {
    const details = wire.take(member);
    if (details === undefined) continue;
    const rest = { ...asObject(details, member) };
    for (const name in counts) {
      const count = rest[name];
      if (!isCount(count)) continue;
      usage[counts[name] as Count] = count;
      delete rest[name];
    }
    if (Object.keys(rest).length > 0) wire.keep(member, rest);
    else wire.note(member, true);
  }
  const total = wire.peek("total_tokens");
  if (total !== undefined && total === (input ?? 0) + (output ?? 0)) wire.take("total_tokens");
  else wire.note("total_tokens", "own");
  const extensions = wire.extensions();
  if (extensions !== undefined) usage.extensions = extensions;
  return usage;
}

/** The member `usage` of an answer. */
export function encodeUsage(usage: Usage): JsonObject {
  const form = formOf(usage);
  const own = form.own === true;
  const out: JsonObject = {};
  const { inputTokens, outputTokens } = usage;
  if (inputTokens !== undefined || !own) out.input_tokens = inputTokens ?? 0;
  for (const { member, counts } of DETAILS) {
    if (member === "output_tokens_details" && (outputTokens !== undefined || !own)) {
      out.output_tokens = outputTokens ?? 0;
    }
    const details: JsonObject = {};
    for (const name in counts) {
      const value = usage[counts[name] as Count];
      if (value !== undefined) details[name] = value;
      else if (!own && ALWAYS.has(name)) details[name] = 0;
    }
    if (Object.keys(details).length > 0 || form[member] === true) out[member] = details;
  }
  if (form.total_tokens !== "own") out.total_tokens = (inputTokens ?? 0) + (outputTokens ?? 0);
  return restore(out, usage);
}
