import { create, isObject, type JsonObject, type JsonValue, type Usage, UsageSchema } from "../../sdk/index.js";
import { asObject, MAX_INT32 } from "./checks.js";
import { formOf, restore, WireObject } from "./own.js";

type Count = "cacheReadTokens" | "cacheWriteTokens" | "reasoningTokens" | "inputAudioTokens" | "outputAudioTokens";

/** Counts that lie in one of the two objects of details. Source: https://platform.openai.com/docs/api-reference/chat/object */
const DETAILS: readonly { readonly member: string; readonly counts: Readonly<Record<string, Count>> }[] = [
  {
    member: "prompt_tokens_details",
    counts: {
      cached_tokens: "cacheReadTokens",
      cache_write_tokens: "cacheWriteTokens",
      audio_tokens: "inputAudioTokens",
    },
  },
  {
    member: "completion_tokens_details",
    counts: { reasoning_tokens: "reasoningTokens", audio_tokens: "outputAudioTokens" },
  },
];

/** Other names under which servers of the dialect tell a count. They are read, and stay where they are. */
const ELSEWHERE: readonly { readonly wire: string; readonly count: Count }[] = [
  { wire: "prompt_cache_hit_tokens", count: "cacheReadTokens" },
  { wire: "cached_tokens", count: "cacheReadTokens" },
  { wire: "num_cached_tokens", count: "cacheReadTokens" },
  { wire: "cache_creation_input_tokens", count: "cacheWriteTokens" },
];

/** The member `usage` of an answer or a chunk. */
export function decodeUsage(value: JsonValue): Usage {
  const wire = new WireObject(asObject(value, "usage"), "usage");
  const usage = create(UsageSchema);
  const input = wire.takeIf("prompt_tokens", isCount);
  const output = wire.takeIf("completion_tokens", isCount);
  if (input !== undefined) usage.inputTokens = input;
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
  const derived: Count[] = [];
  for (const { wire: name, count } of ELSEWHERE) {
    const told = wire.peek(name);
    if (!isCount(told) || usage[count] !== undefined) continue;
    usage[count] = told;
    derived.push(count);
  }
  if (derived.length > 0) wire.note("derived", derived);
  const total = wire.peek("total_tokens");
  if (output !== undefined) {
    const reasoning = usage.reasoningTokens ?? 0;
    // Some count reasoning beside the answer instead of within it; only the total tells.
    const apart = reasoning > 0 && input !== undefined && total === input + output + reasoning;
    usage.outputTokens = apart ? output + reasoning : output;
    if (apart) wire.note("reasoning", "apart");
  }
  if (total !== undefined && total === (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)) wire.take("total_tokens");
  else if (total === undefined) wire.note("total_tokens", "absent");
  const extensions = wire.extensions();
  if (extensions !== undefined) usage.extensions = extensions;
  return usage;
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

/** The member `usage`. */
export function encodeUsage(usage: Usage): JsonObject {
  const form = formOf(usage);
  const out: JsonObject = {};
  const { inputTokens, outputTokens } = usage;
  const reasoning = usage.reasoningTokens ?? 0;
  // Clients of the dialect read all three without looking whether they are there.
  const own = usage.extensions?.["openai-chat"] !== undefined;
  if (inputTokens !== undefined || !own) out.prompt_tokens = inputTokens ?? 0;
  if (outputTokens !== undefined || !own) {
    out.completion_tokens = form.reasoning === "apart" ? (outputTokens ?? 0) - reasoning : (outputTokens ?? 0);
  }
  if (form.total_tokens !== "absent") out.total_tokens = (inputTokens ?? 0) + (outputTokens ?? 0);
  const derived = Array.isArray(form.derived) ? form.derived : [];
  for (const { member, counts } of DETAILS) {
    const details: JsonObject = {};
    for (const name in counts) {
      const count = counts[name] as Count;
      const value = usage[count];
      if (value !== undefined && !derived.includes(count)) details[name] = value;
    }
    if (Object.keys(details).length > 0 || form[member] === true) out[member] = details;
  }
  const kept = isObject(usage.extensions) ? usage.extensions["openai-chat"] : undefined;
  if (isObject(kept) && kept.total_tokens !== undefined) out.total_tokens = kept.total_tokens;
  return restore(out, usage);
}
